package dev.jbuild.image;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.BlobStore;
import dev.jbuild.store.Store;
import java.util.ArrayList;
import java.util.List;

/**
 * One platform of an image: its manifest and its config.
 *
 * @param name the name it was found by, or its digest
 * @param target what the name stands for: the manifest itself, or an index that has it
 */
public record Image(String name, Descriptor target, Manifest manifest, ImageConfig config) {

  public Platform platform() {
    return config.platform();
  }

  /** Bytes of manifest, config and layers, as they are stored and sent. */
  public long size() {
    return manifest.descriptor().size()
        + manifest.config().size()
        + manifest.layers().stream().mapToLong(Descriptor::size).sum();
  }

  /**
   * Stores the config, the manifest and the name of a new image whose layers are in the store.
   *
   * @throws BuildFailure of kind {@code INTERNAL} if config and layers do not agree
   */
  public static Image create(
      Store store, String name, ImageConfig config, List<Descriptor> layers) {
    if (layers.size() != config.diffIds().size()) {
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL,
          "image \""
              + name
              + "\" has "
              + layers.size()
              + " layers, but its config names "
              + config.diffIds().size());
    }
    Manifest manifest =
        Manifest.of(store.blobs().put(MediaType.OCI_CONFIG, config.toBytes()), layers);
    Descriptor target =
        store.blobs().put(manifest.mediaType(), manifest.bytes()).withPlatform(config.platform());
    store.tags().put(name, target);
    return new Image(name, target, manifest, config);
  }

  /** All platforms of what {@code target} stands for; attestations and other artifacts left out. */
  static List<Image> all(BlobStore blobs, String name, Descriptor target) {
    List<Image> images = new ArrayList<>();
    collect(blobs, name, target, target, 0, images);
    return images;
  }

  private static void collect(
      BlobStore blobs,
      String name,
      Descriptor target,
      Descriptor here,
      int depth,
      List<Image> images) {
    if (depth > 4) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, "the indexes of image \"" + name + "\" nest too deeply");
    }
    if (here.mediaType().isIndex()) {
      for (Descriptor each : ImageIndex.parse(blobs.read(here.digest())).manifests()) {
        // A pulled index may name platforms whose manifests nobody asked for.
        if (blobs.contains(each.digest())) {
          collect(blobs, name, target, each, depth + 1, images);
        }
      }
      return;
    }
    Manifest manifest = Manifest.parse(blobs.read(here.digest()));
    if (manifest.config().mediaType().isConfig()
        && here.runsOn().filter(platform -> platform.os().equals("unknown")).isEmpty()) {
      ImageConfig config = ImageConfig.parse(blobs.read(manifest.config().digest()));
      images.add(new Image(name, target, manifest, config));
    }
  }

  /**
   * The digests of everything that {@code target} reaches and that is in the store, itself first.
   */
  static List<Digest> reachable(BlobStore blobs, Descriptor target) {
    List<Digest> all = new ArrayList<>();
    reach(blobs, target, 0, all);
    return all;
  }

  private static void reach(BlobStore blobs, Descriptor here, int depth, List<Digest> all) {
    if (depth > 6 || all.contains(here.digest()) || !blobs.contains(here.digest())) {
      return;
    }
    all.add(here.digest());
    if (here.mediaType().isIndex()) {
      for (Descriptor each : ImageIndex.parse(blobs.read(here.digest())).manifests()) {
        reach(blobs, each, depth + 1, all);
      }
    } else if (here.mediaType().isManifest()) {
      Manifest manifest = Manifest.parse(blobs.read(here.digest()));
      reach(blobs, manifest.config(), depth + 1, all);
      manifest.layers().forEach(layer -> reach(blobs, layer, depth + 1, all));
    }
  }
}
