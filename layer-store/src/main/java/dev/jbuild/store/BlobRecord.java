package dev.jbuild.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Json;
import java.util.Optional;

/**
 * The note that a blob holds a layer: the file {@code layers/NAME/blobs/NAME}.
 *
 * @param diffId of the tar in the blob; an estargz blob is noted both with the layer it was made
 *     from and with the layer it is, which has a table of contents more
 * @param made how this store compressed it, {@code "gzip-6"}; empty for a blob from elsewhere
 * @param read whether this store has seen that the blob holds the layer; of one from elsewhere only
 *     its image says so at first
 */
record BlobRecord(DiffId diffId, Descriptor blob, String made, boolean read) {

  /** Of a blob that this store has made. */
  static BlobRecord made(DiffId diffId, Descriptor blob, Compression compression) {
    return new BlobRecord(diffId, blob, made(compression), true);
  }

  /** Of a blob that an image says is the layer. */
  static BlobRecord claimed(DiffId diffId, Descriptor blob) {
    return new BlobRecord(diffId, blob, "", false);
  }

  BlobRecord afterReading() {
    return new BlobRecord(diffId, blob, made, true);
  }

  /** Whether asking for {@code wanted} may be answered with this blob. */
  boolean answers(Compression wanted) {
    // What came from elsewhere is passed on as it is, at whatever level somebody made it.
    return made.isEmpty() ? kindOfBlob().equals(kind(wanted)) : made.equals(made(wanted));
  }

  private String kindOfBlob() {
    return blob.mediaType().isGzip() ? "gzip" : blob.mediaType().isZstd() ? "zstd" : "tar";
  }

  static String made(Compression compression) {
    return switch (compression) {
      case Compression.Uncompressed _ -> "tar";
      case Compression.Gzip gzip -> "gzip-" + gzip.level();
      case Compression.Zstd zstd -> "zstd-" + zstd.level();
      case Compression.Estargz estargz -> "estargz-" + estargz.level();
    };
  }

  private static String kind(Compression compression) {
    return switch (compression) {
      case Compression.Uncompressed _ -> "tar";
      case Compression.Gzip _ -> "gzip";
      case Compression.Zstd _ -> "zstd";
      case Compression.Estargz _ -> "estargz";
    };
  }

  byte[] toBytes() {
    ObjectNode node = Json.object();
    node.put("diffId", diffId.toString());
    node.put("made", made);
    node.put("read", read);
    node.set("blob", blob.toJson());
    return Json.compact(node);
  }

  /** Reads a note; empty if it is torn, which a loss of power may leave. */
  static Optional<BlobRecord> parse(byte[] bytes) {
    try {
      ObjectNode node = Json.parseObject(bytes, "a layer's record");
      return Optional.of(
          new BlobRecord(
              DiffId.parse(node.path("diffId").asText()),
              Descriptor.parse(node.path("blob"), "a layer's record"),
              node.path("made").asText(),
              node.path("read").asBoolean(!node.path("made").asText().isEmpty())));
    } catch (BuildFailure e) {
      return Optional.empty();
    }
  }
}
