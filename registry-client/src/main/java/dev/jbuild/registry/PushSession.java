package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.Store;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A push that begins before the image is complete. Blobs are {@linkplain #offer offered} as they
 * come to be and go out in the background; {@link #finish} sends what is still missing, then the
 * manifests, children first, and the tags last. So nothing is visible under a name before all of it
 * is there. {@link #close} without {@code finish} ends the uploads and leaves no name behind.
 *
 * <p>Thread-safe; {@code finish} is called once.
 */
public final class PushSession implements AutoCloseable {
  private final Registry registry;
  private final Store store;
  private final Transfer transfer;
  private final Origins origins;

  /** Each repository once, with the names it is to be known by there. */
  private final Map<RepositoryName, List<ImageName>> targets = new LinkedHashMap<>();

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Digest, Future<?>> blobs = new LinkedHashMap<>();

  PushSession(
      Registry registry,
      Store store,
      Transfer transfer,
      Origins origins,
      List<ImageName> destinations) {
    if (destinations.isEmpty()) {
      throw new IllegalArgumentException("a push has a destination");
    }
    this.registry = registry;
    this.store = store;
    this.transfer = transfer;
    this.origins = origins;
    for (ImageName name : destinations) {
      targets.computeIfAbsent(name.repository(), key -> new ArrayList<>()).add(name);
    }
  }

  /**
   * Starts to send a blob that is in the store, or that came from a registry in this client's life.
   * Returns at once; a failure is thrown by {@link #finish}. A blob offered twice goes once.
   */
  public void offer(Descriptor blob) {
    lock.lock();
    try {
      blobs.computeIfAbsent(blob.digest(), digest -> threads.submit(() -> send(blob)));
    } finally {
      lock.unlock();
    }
  }

  private void send(Descriptor blob) {
    if (blob.mediaType().isForeign() && !store.blobs().contains(blob.digest())) {
      targets
          .keySet()
          .forEach(target ->
              transfer.tell(
                  new TransferEvent.Skipped(
                      TransferEvent.Direction.PUSH,
                      target,
                      blob,
                      TransferEvent.Skipped.Reason.FOREIGN)));
      return;
    }
    for (RepositoryName target : targets.keySet()) {
      Optional<RepositoryName> mountFrom = origins.mountable(blob.digest(), target);
      if (!store.blobs().contains(blob.digest()) && arrives(blob, target, mountFrom)) {
        origins.add(blob.digest(), List.of(target));
        continue;
      }
      transfer.push(blob, target, store.blobs(), mountFrom);
      origins.add(blob.digest(), List.of(target));
    }
  }

  /**
   * For a blob we do not have: whether the target has it, or takes it by itself. Else fetches it.
   */
  private boolean arrives(
      Descriptor blob, RepositoryName target, Optional<RepositoryName> mountFrom) {
    if (registry.hasBlob(target, blob)) {
      transfer.tellPushed(Registry.Push.EXISTED, target, blob);
      return true;
    }
    if (mountFrom.isPresent() && registry.mountBlob(target, blob, mountFrom.get())) {
      transfer.tellPushed(Registry.Push.MOUNTED, target, blob);
      return true;
    }
    List<RepositoryName> sources = origins.of(blob.digest());
    if (sources.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND,
          "blob " + blob.digest() + " is neither in the store nor in a known registry");
    }
    transfer.fetch(blob, sources, store.blobs());
    return false;
  }

  /**
   * Sends everything {@code root} reaches and gives it its names. On return the image can be pulled
   * by each of them.
   *
   * @param root a manifest or index in the store
   * @return the digest it has at every destination: the root's
   */
  public Digest finish(Descriptor root) {
    return finish(root, true);
  }

  /**
   * As {@link #finish}, but no tag is set: the image can be pulled by its digest alone, from the
   * repositories of the names.
   */
  public Digest finishUnnamed(Descriptor root) {
    return finish(root, false);
  }

  private Digest finish(Descriptor root, boolean named) {
    Documents documents = new Documents(registry, transfer, store, origins);
    Map<Digest, Document> ordered = new LinkedHashMap<>();
    collect(documents, root, ordered, 0);
    for (Document document : ordered.values()) {
      document.blobs().forEach(this::offer);
    }
    awaitBlobs();
    Document top = documents.get(root.digest(), origins.of(root.digest()));
    ordered.remove(root.digest());
    targets.forEach((repository, names) -> {
      for (Document child : ordered.values()) {
        put(repository, Reference.of(child.descriptor().digest()), child);
      }
      if (named) {
        names.forEach(name -> put(repository, reference(name, root), top));
      } else {
        put(repository, Reference.of(root.digest()), top);
      }
    });
    return root.digest();
  }

  /** A name with a digest is a wish that cannot be granted for any other content. */
  private static Reference reference(ImageName name, Descriptor root) {
    if (name.digest().isPresent() && !name.digest().get().equals(root.digest())) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "\"" + name.familiar() + "\" names another digest than the image's " + root.digest());
    }
    return name.tag().map(Reference::tag).orElseGet(() -> Reference.of(root.digest()));
  }

  /** Children before parents, each once, the root last. */
  private void collect(
      Documents documents, Descriptor at, Map<Digest, Document> ordered, int depth) {
    if (depth > Document.DEPTH) {
      throw Document.tooDeep(at);
    }
    if (ordered.containsKey(at.digest())) {
      return;
    }
    List<RepositoryName> sources = origins.of(at.digest());
    if (sources.isEmpty() && !store.blobs().contains(at.digest())) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND, "manifest " + at.digest() + " is not in the store");
    }
    Document document = documents.get(at.digest(), sources);
    for (Descriptor child : document.manifests()) {
      // What an image came with, its other platforms, may be elsewhere still.
      origins.add(child.digest(), sources);
      collect(documents, child, ordered, depth + 1);
    }
    document.blobs().forEach(blob -> origins.add(blob.digest(), sources));
    ordered.put(at.digest(), document);
  }

  private void awaitBlobs() {
    List<Future<?>> under;
    lock.lock();
    try {
      under = List.copyOf(blobs.values());
    } finally {
      lock.unlock();
    }
    try {
      for (Future<?> upload : under) {
        Parallel.get(upload);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(BuildFailure.Kind.CANCELLED, "cancelled", e);
    }
  }

  private void put(RepositoryName repository, Reference reference, Document document) {
    Descriptor descriptor = document.descriptor();
    Registry.PushedManifest pushed =
        registry.pushManifest(repository, reference, descriptor.mediaType(), document.bytes());
    Optional<Descriptor> subject = document.subject();
    if (subject.isPresent() && !pushed.subjectListed()) {
      new Referrers(registry).keep(repository, subject.get().digest(), document);
    }
    transfer.tell(new TransferEvent.Finished(TransferEvent.Direction.PUSH, repository, descriptor));
  }

  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
  }
}
