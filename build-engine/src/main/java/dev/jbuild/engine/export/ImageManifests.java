package dev.jbuild.engine.export;

import dev.jbuild.engine.Output.ImageOptions;
import dev.jbuild.engine.export.Annotations.Target;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.LayerBlob;
import dev.jbuild.store.Store;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes configs, manifests and indexes of a build's images into the store. */
final class ImageManifests {
  /**
   * Layers that are compressed at a time. One keeps all processors busy, but at its end it waits
   * for the disk, and a second one has work for them meanwhile.
   */
  private static final int AT_ONCE = 2;

  private final Store store;
  private final BuildScope scope;
  private final Annotations annotations;
  private final boolean pushed;

  /**
   * @param annotations as {@link Annotations} reads them
   * @param pushed whether the image goes to a registry alone: blobs of the base that are elsewhere
   *     need not come here, since a push finds them there, mounts or copies them
   */
  ImageManifests(Store store, BuildScope scope, Map<String, String> annotations, boolean pushed) {
    this.store = store;
    this.scope = scope;
    this.annotations = new Annotations(annotations);
    this.pushed = pushed;
  }

  /**
   * Stores the image; layers that have no fitting blob yet are compressed now.
   *
   * @param layerReady hears of each layer's blob as soon as there is one, from any thread
   * @return the manifest of a single platform, or an index of several
   */
  Descriptor write(
      List<PlatformImage> images, ImageOptions options, Consumer<Descriptor> layerReady) {
    if (images.size() == 1 && !annotations.ofIndex().isEmpty()) {
      // Before any layer is compressed, and maybe pushed.
      throw new BuildFailure(
          Kind.USER,
          "there is no index to annotate: the build is for one platform",
          "annotate the manifest, or build for several platforms",
          null);
    }
    // All at first, so that the last layers of one platform do not keep the next one waiting.
    Map<Wanted, Future<LayerBlob>> blobs = new HashMap<>();
    Semaphore room = new Semaphore(AT_ONCE, true);
    for (PlatformImage image : images) {
      for (Wanted each : Wanted.by(image)) {
        blobs.computeIfAbsent(
            each,
            wanted ->
                scope.fork(() -> {
                  room.acquire();
                  try {
                    LayerBlob layer = layer(wanted, options);
                    layerReady.accept(layer.blob());
                    return layer;
                  } finally {
                    room.release();
                  }
                }));
      }
    }
    List<Descriptor> manifests = new ArrayList<>();
    for (PlatformImage image : images) {
      Descriptor manifest = manifest(image, options, blobs).withPlatform(image.config().platform());
      Map<String, String> own = annotations.of(Target.MANIFEST_DESCRIPTOR, image.platform());
      manifests.add(own.isEmpty() ? manifest : manifest.withAnnotations(own));
    }
    if (manifests.size() == 1) {
      return manifests.getFirst();
    }
    MediaType type = options.ociMediaTypes() ? MediaType.OCI_INDEX : MediaType.DOCKER_INDEX;
    ImageIndex index = ImageIndex.of(type, manifests, annotations.ofIndex());
    return store.blobs().put(index.mediaType(), index.bytes());
  }

  private Descriptor manifest(
      PlatformImage image, ImageOptions options, Map<Wanted, Future<LayerBlob>> blobs) {
    boolean oci = options.ociMediaTypes();
    List<Descriptor> layers = new ArrayList<>();
    List<DiffId> diffIds = new ArrayList<>();
    for (Wanted wanted : Wanted.by(image)) {
      LayerBlob layer = scope.join(Objects.requireNonNull(blobs.get(wanted)));
      MediaType type = layer.blob().mediaType();
      layers.add(layer.blob().withMediaType(oci ? type.toOci() : type.toDocker()));
      diffIds.add(layer.diffId());
    }
    Descriptor config =
        store
            .blobs()
            .put(
                oci ? MediaType.OCI_CONFIG : MediaType.DOCKER_CONFIG,
                image.config().withDiffIds(diffIds).toBytes());
    Manifest manifest =
        Manifest.of(
            oci ? MediaType.OCI_MANIFEST : MediaType.DOCKER_MANIFEST,
            config,
            layers,
            annotations.of(Target.MANIFEST, image.platform()));
    return store.blobs().put(manifest.mediaType(), manifest.bytes());
  }

  /**
   * A layer as one image wants it: what another image has of its base, this one may have made, or
   * have of a base that has it in another compression. Each is then what it would be if it were
   * built alone.
   *
   * @param base the base image's blob of it; null for a layer that a step made
   */
  private record Wanted(DiffId diffId, @Nullable Descriptor base) {
    static List<Wanted> by(PlatformImage image) {
      List<DiffId> diffIds = image.config().diffIds();
      List<Descriptor> base = image.base();
      List<Wanted> all = new ArrayList<>();
      for (int i = 0; i < diffIds.size(); i++) {
        all.add(new Wanted(diffIds.get(i), i < base.size() ? base.get(i) : null));
      }
      return all;
    }
  }

  /**
   * A layer of the base image stays as it is unless all are to be of one kind; one that only its
   * registry has is fetched as it is, if need be. The build's own layers are always as asked for,
   * whatever else the store has of them: the image must not depend on what was built before.
   */
  private LayerBlob layer(Wanted wanted, ImageOptions options) {
    Descriptor base = wanted.base();
    Optional<Descriptor> kept =
        base == null || options.forceCompression()
            ? Optional.empty()
            : pushed
                ? store.layers().locate(wanted.diffId(), base)
                : store.layers().fetch(wanted.diffId(), base);
    // A base image whose blob is lost, or is not the layer it is said to be, gets a right one.
    return kept.map(blob -> new LayerBlob(wanted.diffId(), blob))
        .orElseGet(() -> store.layers().blob(wanted.diffId(), options.compression()));
  }
}
