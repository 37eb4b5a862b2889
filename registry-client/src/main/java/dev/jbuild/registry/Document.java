package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Manifest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A manifest or an index, told apart by what it says and then by its shape. */
sealed interface Document {
  record Image(Manifest manifest) implements Document {}

  record Index(ImageIndex index) implements Document {}

  static Document parse(Descriptor descriptor, byte[] bytes) {
    boolean index = descriptor.mediaType().isIndex();
    if (!index && !descriptor.mediaType().isManifest()) {
      index =
          Json.parseObject(bytes, "manifest " + descriptor.digest()).path("manifests").isArray();
    }
    return index ? new Index(ImageIndex.parse(bytes)) : new Image(Manifest.parse(bytes));
  }

  /** The bytes, as received or made. */
  default byte[] bytes() {
    return switch (this) {
      case Image(Manifest manifest) -> manifest.bytes();
      case Index(ImageIndex index) -> index.bytes();
    };
  }

  default Descriptor descriptor() {
    return switch (this) {
      case Image(Manifest manifest) -> manifest.descriptor();
      case Index(ImageIndex index) -> index.descriptor();
    };
  }

  /** The manifests an index names. */
  default List<Descriptor> manifests() {
    return switch (this) {
      case Image _ -> List.of();
      case Index(ImageIndex index) -> index.manifests();
    };
  }

  /** The config and layers a manifest names, each once. */
  default List<Descriptor> blobs() {
    return switch (this) {
      case Index _ -> List.of();
      case Image(Manifest manifest) -> {
        List<Descriptor> blobs = new ArrayList<>();
        blobs.add(manifest.config());
        for (Descriptor layer : manifest.layers()) {
          if (blobs.stream().noneMatch(known -> known.digest().equals(layer.digest()))) {
            blobs.add(layer);
          }
        }
        yield blobs;
      }
    };
  }

  /** What the document refers to, as a signature does. */
  default Optional<Descriptor> subject() {
    return switch (this) {
      case Image(Manifest manifest) -> manifest.subject();
      case Index(ImageIndex index) -> subjectOf(index);
    };
  }

  private static Optional<Descriptor> subjectOf(ImageIndex index) {
    var node = Json.parseObject(index.bytes(), index.toString()).path("subject");
    return node.isObject()
        ? Optional.of(Descriptor.parse(node, index.toString()))
        : Optional.empty();
  }

  /** The nesting of indexes that is followed; deeper is a loop or an attack. */
  int DEPTH = 8;

  static BuildFailure tooDeep(Descriptor descriptor) {
    return new BuildFailure(
        BuildFailure.Kind.CORRUPT,
        "index " + descriptor.digest() + " lies more than " + DEPTH + " indexes deep");
  }
}
