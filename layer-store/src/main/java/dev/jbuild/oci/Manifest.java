package dev.jbuild.oci;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An image manifest: a config and layers, bottom first (OCI image-spec manifest.md, Docker image
 * manifest v2 schema 2). Keeps the bytes it stands for; two manifests are equal if their bytes are.
 */
public final class Manifest {
  private final byte[] bytes;
  private final Digest digest;
  private final MediaType mediaType;
  private final @Nullable MediaType artifactType;
  private final Descriptor config;
  private final List<Descriptor> layers;
  private final @Nullable Descriptor subject;
  private final SortedMap<String, String> annotations;

  private Manifest(byte[] bytes) {
    this.bytes = bytes;
    digest = Digest.of(bytes);
    String what = "manifest " + digest;
    JsonReader reader = JsonReader.of(Json.parseObject(bytes, what), what);
    if (reader.number("schemaVersion") != 2) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          what + " has the schema version " + reader.number("schemaVersion") + ", not 2",
          "push the image again with a current tool",
          null);
    }
    if (reader.field("manifests").isPresent()) {
      throw new BuildFailure(BuildFailure.Kind.CORRUPT, what + " is an index, not a manifest");
    }
    mediaType = reader.optionalText("mediaType").map(MediaType::new).orElse(MediaType.OCI_MANIFEST);
    artifactType = reader.optionalText("artifactType").map(MediaType::new).orElse(null);
    config =
        reader
            .child("config")
            .map(child -> Descriptor.parse(child.node(), child.what()))
            .orElseThrow(
                () -> new BuildFailure(BuildFailure.Kind.CORRUPT, what + " has no \"config\""));
    layers =
        reader.children("layers").stream()
            .map(child -> Descriptor.parse(child.node(), child.what()))
            .toList();
    subject =
        reader
            .child("subject")
            .map(child -> Descriptor.parse(child.node(), child.what()))
            .orElse(null);
    annotations = Collections.unmodifiableSortedMap(reader.textMap("annotations"));
  }

  /**
   * Reads a manifest.
   *
   * @throws BuildFailure of kind {@code CORRUPT} if it is none, {@code UNSUPPORTED} for schema 1
   */
  public static Manifest parse(byte[] bytes) {
    return new Manifest(bytes.clone());
  }

  /** A new OCI manifest with bytes of its own. */
  public static Manifest of(Descriptor config, List<Descriptor> layers) {
    return of(MediaType.OCI_MANIFEST, config, layers, Map.of());
  }

  /**
   * A new manifest with bytes of its own; equal arguments give equal bytes.
   *
   * @param mediaType OCI's or Docker's
   */
  public static Manifest of(
      MediaType mediaType,
      Descriptor config,
      List<Descriptor> layers,
      Map<String, String> annotations) {
    return of(mediaType, null, config, layers, null, annotations);
  }

  /** As above, for an artifact or for what refers to another manifest. */
  public static Manifest of(
      MediaType mediaType,
      @Nullable MediaType artifactType,
      Descriptor config,
      List<Descriptor> layers,
      @Nullable Descriptor subject,
      Map<String, String> annotations) {
    ObjectNode node = Json.object();
    node.put("schemaVersion", 2);
    node.put("mediaType", mediaType.value());
    if (artifactType != null) {
      node.put("artifactType", artifactType.value());
    }
    node.set("config", config.toJson());
    ArrayNode list = node.putArray("layers");
    layers.forEach(layer -> list.add(layer.toJson()));
    if (subject != null) {
      node.set("subject", subject.toJson());
    }
    if (!annotations.isEmpty()) {
      node.set("annotations", Json.object(new TreeMap<>(annotations)));
    }
    return new Manifest(Json.indented(node));
  }

  /** The bytes as they were read or made; a copy. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Of the bytes. */
  public Digest digest() {
    return digest;
  }

  /** As the manifest says of itself; OCI's where it is silent, as OCI allows. */
  public MediaType mediaType() {
    return mediaType;
  }

  public Optional<MediaType> artifactType() {
    return Optional.ofNullable(artifactType);
  }

  public Descriptor config() {
    return config;
  }

  /** The layers' blobs, bottom first. */
  public List<Descriptor> layers() {
    return layers;
  }

  /** The manifest this one refers to, as a signature does. */
  public Optional<Descriptor> subject() {
    return Optional.ofNullable(subject);
  }

  public SortedMap<String, String> annotations() {
    return annotations;
  }

  /** A descriptor of this manifest. */
  public Descriptor descriptor() {
    return Descriptor.of(mediaType, digest, bytes.length);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Manifest manifest && manifest.digest.equals(digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return "manifest " + digest;
  }
}
