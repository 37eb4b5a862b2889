package dev.jbuild.oci;

import com.fasterxml.jackson.databind.JsonNode;
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
 * Points at a blob: what it is, its digest and its size in bytes (OCI image-spec descriptor.md).
 *
 * @param platform what an index's entry runs on; null where it does not say
 * @param artifactType the type of artifact of a manifest in an index; null if there is none
 * @param data the blob itself in base64, if embedded; null as a rule
 */
public record Descriptor(
    MediaType mediaType,
    Digest digest,
    long size,
    List<String> urls,
    SortedMap<String, String> annotations,
    @Nullable Platform platform,
    @Nullable MediaType artifactType,
    @Nullable String data) {
  /** The annotation of an OCI layout's index that names an entry. */
  public static final String REF_NAME = "org.opencontainers.image.ref.name";

  /** The annotation under which Docker's builder and containerd keep an image's full name. */
  public static final String CONTAINERD_NAME = "io.containerd.image.name";

  public Descriptor {
    if (size < 0) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT, "the descriptor of " + digest + " has the size " + size);
    }
    urls = List.copyOf(urls);
    annotations = Collections.unmodifiableSortedMap(new TreeMap<>(annotations));
  }

  /** A descriptor of the three required parts. */
  public static Descriptor of(MediaType mediaType, Digest digest, long size) {
    return new Descriptor(
        mediaType, digest, size, List.of(), Collections.emptySortedMap(), null, null, null);
  }

  /** Of these very bytes. */
  public static Descriptor of(MediaType mediaType, byte[] bytes) {
    return of(mediaType, Digest.of(bytes), bytes.length);
  }

  /**
   * Reads one descriptor.
   *
   * @param what names the enclosing object in the message of a failure
   */
  public static Descriptor parse(JsonNode node, String what) {
    JsonReader reader = JsonReader.of(node, what);
    return new Descriptor(
        new MediaType(reader.text("mediaType")),
        Digest.parse(reader.requiredText("digest")),
        reader.requiredSize("size"),
        reader.texts("urls"),
        reader.textMap("annotations"),
        reader.child("platform").map(Descriptor::platform).orElse(null),
        reader.optionalText("artifactType").map(MediaType::new).orElse(null),
        reader.optionalText("data").orElse(null));
  }

  /** As JSON, in the field order of the specification's own types; empty fields are left out. */
  public ObjectNode toJson() {
    ObjectNode node = Json.object();
    node.put("mediaType", mediaType.value());
    node.put("digest", digest.toString());
    node.put("size", size);
    if (!urls.isEmpty()) {
      node.set("urls", Json.array(urls));
    }
    if (!annotations.isEmpty()) {
      node.set("annotations", Json.object(annotations));
    }
    if (data != null) {
      node.put("data", data);
    }
    if (platform != null) {
      node.set("platform", toJson(platform));
    }
    if (artifactType != null) {
      node.put("artifactType", artifactType.value());
    }
    return node;
  }

  /** What the entry runs on, if it says so. */
  public Optional<Platform> runsOn() {
    return Optional.ofNullable(platform);
  }

  /** The value of an annotation. */
  public Optional<String> annotation(String key) {
    return Optional.ofNullable(annotations.get(key));
  }

  public Descriptor withMediaType(MediaType other) {
    return new Descriptor(other, digest, size, urls, annotations, platform, artifactType, data);
  }

  public Descriptor withPlatform(Platform other) {
    return new Descriptor(mediaType, digest, size, urls, annotations, other, artifactType, data);
  }

  /** With one annotation more, or another value for it. */
  public Descriptor withAnnotation(String key, String value) {
    TreeMap<String, String> more = new TreeMap<>(annotations);
    more.put(key, value);
    return withAnnotations(more);
  }

  public Descriptor withAnnotations(Map<String, String> other) {
    return new Descriptor(
        mediaType, digest, size, urls, new TreeMap<>(other), platform, artifactType, data);
  }

  private static Platform platform(JsonReader reader) {
    return new Platform(
        reader.text("os"),
        reader.text("architecture"),
        reader.text("variant"),
        reader.text("os.version"),
        reader.texts("os.features"));
  }

  private static ObjectNode toJson(Platform platform) {
    ObjectNode node = Json.object();
    node.put("architecture", platform.architecture());
    node.put("os", platform.os());
    if (!platform.osVersion().isEmpty()) {
      node.put("os.version", platform.osVersion());
    }
    if (!platform.osFeatures().isEmpty()) {
      node.set("os.features", Json.array(platform.osFeatures()));
    }
    if (!platform.variant().isEmpty()) {
      node.put("variant", platform.variant());
    }
    return node;
  }
}
