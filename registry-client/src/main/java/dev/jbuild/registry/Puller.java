package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Brings images from registries into a store. Mirrors are asked first; what is in the store is not
 * asked for at all. Thread-safe.
 *
 * <p>Got from {@link RegistryClient#puller}.
 */
public final class Puller {
  private static final int CONFIG_LIMIT = 8 << 20;

  private final Registry registry;
  private final RegistryOptions options;
  private final Store store;
  private final Transfer transfer;
  private final Origins origins;

  Puller(
      Registry registry, RegistryOptions options, Store store, Transfer transfer, Origins origins) {
    this.registry = registry;
    this.options = options;
    this.store = store;
    this.transfer = transfer;
    this.origins = origins;
  }

  /**
   * Asks what a name stands for now. One request, of the kind that registries do not count as a
   * pull; fetches nothing. A name with a digest is answered by a registry too, for its media type.
   *
   * @throws RegistryFailure of kind {@code NOT_FOUND} if there is no such image
   */
  public Resolved resolve(ImageName name) {
    Descriptor[] found = new Descriptor[1];
    RepositoryName source =
        transfer.firstOf(
            sources(name), place -> found[0] = registry.resolve(place, name.reference()));
    return new Resolved(name, found[0], source);
  }

  /**
   * Brings the manifest and config of the image for a platform into the store, and offers its
   * layers there without fetching them. A name with a digest whose manifest and config are in the
   * store needs no connection.
   *
   * @throws BuildFailure of kind {@code NOT_FOUND} if there is no such image or none for the
   *     platform, {@code CORRUPT}, {@code UNSUPPORTED} for schema 1 or what is no image
   */
  public PulledImage pull(ImageName name, Platform platform) {
    List<RepositoryName> sources = sources(name);
    Digest root;
    if (name.digest().isPresent()) {
      root = name.digest().get();
    } else {
      Resolved resolved = resolve(name);
      root = resolved.root().digest();
      sources = preferring(resolved.source(), sources(resolved.pinned()));
    }
    Document document = document(root, sources);
    Descriptor rootDescriptor = document.descriptor();
    Manifest manifest = select(name, document, platform, sources, 0);
    return image(name, rootDescriptor, manifest, sources);
  }

  private Manifest select(
      ImageName name,
      Document document,
      Platform platform,
      List<RepositoryName> sources,
      int depth) {
    return switch (document) {
      case Document.Image(Manifest manifest) -> manifest;
      case Document.Index(ImageIndex index) -> {
        if (depth == Document.DEPTH) {
          throw Document.tooDeep(index.descriptor());
        }
        Descriptor chosen =
            index.select(platform).orElseThrow(() -> noImageFor(platform, name, index));
        yield select(name, document(chosen.digest(), sources), platform, sources, depth + 1);
      }
    };
  }

  private static BuildFailure noImageFor(Platform platform, ImageName name, ImageIndex index) {
    String others =
        index.platforms().stream().map(Platform::toString).collect(Collectors.joining(", "));
    return new BuildFailure(
        BuildFailure.Kind.NOT_FOUND,
        "no image for " + platform + " in " + name.familiar() + "; it has " + others);
  }

  private PulledImage image(
      ImageName name, Descriptor root, Manifest manifest, List<RepositoryName> sources) {
    Descriptor descriptor = manifest.config();
    byte[] bytes;
    if (store.blobs().contains(descriptor.digest())) {
      bytes = store.blobs().read(descriptor.digest());
    } else {
      bytes = transfer.fetchBytes(descriptor, sources, CONFIG_LIMIT);
      store.blobs().put(descriptor.mediaType(), bytes);
    }
    origins.add(descriptor.digest(), sources);
    ImageConfig config = ImageConfig.parse(bytes);
    if (config.diffIds().size() != manifest.layers().size()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          name.familiar()
              + " is no image: its manifest has "
              + manifest.layers().size()
              + " layers, its config "
              + config.diffIds().size()
              + " diffIDs");
    }
    List<PulledImage.PulledLayer> layers = new ArrayList<>();
    for (int i = 0; i < manifest.layers().size(); i++) {
      Descriptor blob = manifest.layers().get(i);
      DiffId diffId = config.diffIds().get(i);
      layers.add(new PulledImage.PulledLayer(diffId, blob));
      origins.add(blob.digest(), sources);
      if (store.blobs().contains(blob.digest())) {
        store.layers().addBlob(diffId, blob);
      } else {
        store.layers().offer(diffId, blob, (wanted, into) -> transfer.fetch(wanted, sources, into));
      }
    }
    return new PulledImage(name, root, manifest, config, layers, sources);
  }

  /**
   * Looks at what a name stands for without bringing anything into the store: one request to
   * resolve it, and one for each piece that is read.
   *
   * @throws RegistryFailure of kind {@code NOT_FOUND} if there is no such manifest
   */
  public RemoteContent look(ImageName name) {
    Resolved resolved = resolve(name);
    return new RemoteContent(
        registry,
        transfer,
        origins,
        resolved.root(),
        preferring(resolved.source(), sources(resolved.pinned())));
  }

  /** Brings all layers into the store, in blob form, several at a time. */
  public void fetchLayers(PulledImage image) {
    Parallel.run(
        image.layers(),
        layer -> {
          transfer.fetch(layer.blob(), image.sources(), store.blobs());
          store.layers().addBlob(layer.diffId(), layer.blob());
        });
  }

  /**
   * Brings everything that a name stands for into the store: the index with all its manifests, or
   * the one manifest, with all blobs. Nothing is looked into, so artifacts and unknown media types
   * come along.
   *
   * @return the root, to be tagged or pushed
   */
  public Descriptor pullAll(ImageName name) {
    Resolved resolved = resolve(name);
    List<RepositoryName> sources = preferring(resolved.source(), sources(resolved.pinned()));
    List<Descriptor> blobs = new ArrayList<>();
    Document document = document(resolved.root().digest(), sources);
    collect(document, sources, blobs, 0);
    Parallel.run(blobs, blob -> transfer.fetch(blob, sources, store.blobs()));
    return document.descriptor();
  }

  /**
   * Like {@link #pullAll} without the blobs: brings the index and all manifests, and remembers
   * where the blobs can be had, so that a push fetches those it needs.
   */
  public Descriptor pullManifests(ImageName name) {
    Resolved resolved = resolve(name);
    List<RepositoryName> sources = preferring(resolved.source(), sources(resolved.pinned()));
    List<Descriptor> blobs = new ArrayList<>();
    Document document = document(resolved.root().digest(), sources);
    collect(document, sources, blobs, 0);
    blobs.forEach(blob -> origins.add(blob.digest(), sources));
    return document.descriptor();
  }

  private void collect(
      Document document, List<RepositoryName> sources, List<Descriptor> blobs, int depth) {
    if (depth > Document.DEPTH) {
      throw Document.tooDeep(document.descriptor());
    }
    document.blobs().stream()
        .filter(blob -> blobs.stream().noneMatch(known -> known.digest().equals(blob.digest())))
        .filter(blob -> !blob.mediaType().isForeign())
        .forEach(blobs::add);
    for (Descriptor child : document.manifests()) {
      collect(document(child.digest(), sources), sources, blobs, depth + 1);
    }
  }

  /** The manifest or index of that digest, from the store or else from a source; then stored. */
  private Document document(Digest digest, List<RepositoryName> sources) {
    return documents().get(digest, sources);
  }

  private Documents documents() {
    return new Documents(registry, transfer, store, origins);
  }

  /** All places to ask, in order. */
  private List<RepositoryName> sources(ImageName name) {
    return options.mirrors().sources(name.repository(), name.digest().isPresent());
  }

  private static List<RepositoryName> preferring(
      RepositoryName first, List<RepositoryName> sources) {
    List<RepositoryName> ordered = new ArrayList<>();
    ordered.add(first);
    sources.stream().filter(source -> !source.equals(first)).forEach(ordered::add);
    return List.copyOf(ordered);
  }

  /** The tags of the name's repository. */
  public List<String> tags(RepositoryName repository) {
    return registry.tags(repository);
  }

  /**
   * The manifests that refer to {@code subject}, by the registry's API or by the tag that stands in
   * for it (distribution-spec "Referrers Tag Schema").
   */
  public List<Descriptor> referrers(
      RepositoryName repository, Digest subject, Optional<String> artifactType) {
    return new Referrers(registry).list(repository, subject, artifactType);
  }

  /**
   * All that refers to an image, to the manifests of its index, and to what refers to these, each
   * after what it refers to; also what cosign finds by tag. Mirrors are not asked, and nothing
   * comes into the store.
   */
  public List<Referrer> referrers(RepositoryName repository, Descriptor root) {
    return new ReferrerSearch(registry, repository).of(root);
  }
}
