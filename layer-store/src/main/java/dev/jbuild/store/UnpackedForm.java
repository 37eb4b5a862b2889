package dev.jbuild.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Json;
import java.util.List;
import java.util.Optional;

/**
 * What is known of an unpacked layer: the file {@code layers/NAME/fs.json} beside the directory.
 *
 * @param encoding how opaque directories are marked, {@code "trusted"} or {@code "user"}, and
 *     {@code "nested"} where names that are gone are, too; {@code "any"} if there is no such mark,
 *     so that it does not matter
 * @param idMap the user and group id maps under which owners were set; the same number on disk
 *     means another owner under another map
 * @param boot the boot in which it was written; empty once it is known to be on stable storage
 * @param canonical whether the layer's tar is the canonical one of this directory, so that it can
 *     be made and checked from it
 * @param bytes on disk; -1 until somebody asked
 * @param implicit directories that the layer holds without describing them: a mount must get their
 *     attributes from elsewhere
 */
record UnpackedForm(
    String encoding,
    String idMap,
    String boot,
    boolean canonical,
    long bytes,
    List<BytePath> implicit) {
  static final String ANY = "any";

  /** The size of a directory that nobody has measured. */
  static final long UNKNOWN = -1;

  UnpackedForm {
    implicit = List.copyOf(implicit);
  }

  /** Whether a process with this encoding and these id maps can use the directory as a layer. */
  boolean fits(String wantedEncoding, String wantedIdMap) {
    return idMap.equals(wantedIdMap) && (encoding.equals(ANY) || encoding.equals(wantedEncoding));
  }

  UnpackedForm durable() {
    return new UnpackedForm(encoding, idMap, "", canonical, bytes, implicit);
  }

  UnpackedForm withBytes(long measured) {
    return new UnpackedForm(encoding, idMap, boot, canonical, measured, implicit);
  }

  byte[] toBytes() {
    ObjectNode node = Json.object();
    node.put("encoding", encoding);
    node.put("idMap", idMap);
    node.put("boot", boot);
    node.put("canonical", canonical);
    node.put("bytes", bytes);
    if (!implicit.isEmpty()) {
      // One char a byte: a name need not be text.
      node.set("implicit", Json.array(implicit.stream().map(BytePath::latin1).toList()));
    }
    return Json.compact(node);
  }

  /** Reads a record; empty if it is torn, which a loss of power may leave. */
  static Optional<UnpackedForm> parse(byte[] bytes) {
    try {
      ObjectNode node = Json.parseObject(bytes, "a layer's record");
      return node.hasNonNull("encoding")
          ? Optional.of(
              new UnpackedForm(
                  node.path("encoding").asText(),
                  node.path("idMap").asText(),
                  node.path("boot").asText(),
                  node.path("canonical").asBoolean(),
                  node.path("bytes").asLong(-1),
                  node.path("implicit")
                      .valueStream()
                      .map(path -> BytePath.ofLatin1(path.asText()))
                      .toList()))
          : Optional.empty();
    } catch (BuildFailure e) {
      return Optional.empty();
    }
  }
}
