package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.BlobStore;
import java.util.List;

/**
 * A manifest of any kind in a registry and what it names, read piece by piece. What is read is
 * verified. Thread-safe; usable as long as the client it was got from.
 */
public final class RemoteContent {
  private final Registry registry;
  private final Transfer transfer;
  private final Origins origins;
  private final Descriptor root;
  private final List<RepositoryName> sources;

  RemoteContent(
      Registry registry,
      Transfer transfer,
      Origins origins,
      Descriptor root,
      List<RepositoryName> sources) {
    this.registry = registry;
    this.transfer = transfer;
    this.origins = origins;
    this.root = root;
    this.sources = List.copyOf(sources);
  }

  /** What the name stands for. */
  public Descriptor root() {
    return root;
  }

  /** The bytes of the manifest or index of that digest. */
  public byte[] manifest(Digest digest) {
    RawManifest[] found = new RawManifest[1];
    transfer.firstOf(sources, source -> found[0] = registry.manifest(source, Reference.of(digest)));
    return found[0].bytes();
  }

  /**
   * A small blob.
   *
   * @throws dev.jbuild.failure.BuildFailure of kind {@code UNSUPPORTED} if it is said to be larger
   *     than {@code limit}
   */
  public byte[] bytes(Descriptor blob, int limit) {
    return transfer.fetchBytes(blob, sources, limit);
  }

  /**
   * Whether the blob can be had. From then on a push by the same client can mount it, or leave it
   * where it is.
   */
  public boolean has(Descriptor blob) {
    for (RepositoryName source : sources) {
      try {
        if (registry.hasBlob(source, blob)) {
          origins.add(blob.digest(), List.of(source));
          return true;
        }
      } catch (RegistryFailure e) {
        if (source.equals(sources.getLast())) {
          throw e;
        }
        transfer.tell(new TransferEvent.MirrorFailed(source, e.text()));
      }
    }
    return false;
  }

  /** Brings a blob into a store. */
  public void fetch(Descriptor blob, BlobStore into) {
    transfer.fetch(blob, sources, into);
  }
}
