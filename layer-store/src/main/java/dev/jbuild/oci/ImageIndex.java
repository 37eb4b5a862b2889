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
 * A list of manifests, one a platform (OCI image-spec image-index.md, Docker manifest list). Keeps
 * the bytes it stands for; two indexes are equal if their bytes are.
 */
public final class ImageIndex {
  private final byte[] bytes;
  private final Digest digest;
  private final MediaType mediaType;
  private final List<Descriptor> manifests;
  private final SortedMap<String, String> annotations;

  private ImageIndex(byte[] bytes) {
    this.bytes = bytes;
    digest = Digest.of(bytes);
    String what = "index " + digest;
    JsonReader reader = JsonReader.of(Json.parseObject(bytes, what), what);
    if (reader.number("schemaVersion") != 2) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          what + " has the schema version " + reader.number("schemaVersion") + ", not 2");
    }
    if (reader.field("layers").isPresent() || reader.field("config").isPresent()) {
      throw new BuildFailure(BuildFailure.Kind.CORRUPT, what + " is a manifest, not an index");
    }
    mediaType = reader.optionalText("mediaType").map(MediaType::new).orElse(MediaType.OCI_INDEX);
    manifests =
        reader.children("manifests").stream()
            .map(child -> Descriptor.parse(child.node(), child.what()))
            .toList();
    annotations = Collections.unmodifiableSortedMap(reader.textMap("annotations"));
  }

  /**
   * Reads an index.
   *
   * @throws BuildFailure of kind {@code CORRUPT} if it is none
   */
  public static ImageIndex parse(byte[] bytes) {
    return new ImageIndex(bytes.clone());
  }

  /** A new OCI index with bytes of its own. */
  public static ImageIndex of(List<Descriptor> manifests) {
    return of(MediaType.OCI_INDEX, manifests, Map.of());
  }

  /**
   * A new index with bytes of its own; equal arguments give equal bytes.
   *
   * @param mediaType OCI's or Docker's
   */
  public static ImageIndex of(
      MediaType mediaType, List<Descriptor> manifests, Map<String, String> annotations) {
    ObjectNode node = Json.object();
    node.put("schemaVersion", 2);
    node.put("mediaType", mediaType.value());
    ArrayNode list = node.putArray("manifests");
    manifests.forEach(manifest -> list.add(manifest.toJson()));
    if (!annotations.isEmpty()) {
      node.set("annotations", Json.object(new TreeMap<>(annotations)));
    }
    return new ImageIndex(Json.indented(node));
  }

  /** The bytes as they were read or made; a copy. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Of the bytes. */
  public Digest digest() {
    return digest;
  }

  /** As the index says of itself; OCI's where it is silent, as OCI allows. */
  public MediaType mediaType() {
    return mediaType;
  }

  public List<Descriptor> manifests() {
    return manifests;
  }

  public SortedMap<String, String> annotations() {
    return annotations;
  }

  /** A descriptor of this index. */
  public Descriptor descriptor() {
    return Descriptor.of(mediaType, digest, bytes.length);
  }

  /**
   * The entry that runs best where {@code wanted} is asked for; the first of equals. An entry
   * without a platform is taken if there is no other, attestations ({@code unknown/unknown}) never.
   */
  public Optional<Descriptor> select(Platform wanted) {
    Descriptor best = null;
    int bestRank = Integer.MAX_VALUE;
    for (Descriptor manifest : manifests) {
      Platform platform = manifest.platform();
      int rank =
          platform == null
              ? Integer.MAX_VALUE - 1
              : wanted.rank(platform).orElse(Integer.MAX_VALUE);
      if (rank < bestRank) {
        best = manifest;
        bestRank = rank;
      }
    }
    return Optional.ofNullable(best);
  }

  /** What the entries run on, in order; attestations and entries that do not say are left out. */
  public List<Platform> platforms() {
    return manifests.stream()
        .flatMap(manifest -> manifest.runsOn().stream())
        .filter(platform -> !platform.os().equals("unknown"))
        .toList();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ImageIndex index && index.digest.equals(digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return "index " + digest;
  }
}
