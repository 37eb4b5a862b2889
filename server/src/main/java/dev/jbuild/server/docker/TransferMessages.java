package dev.jbuild.server.docker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Json;

/** How far a pull or a push is, blob by blob, in Docker's messages. */
public final class TransferMessages {
  private TransferMessages() {}

  /**
   * A blob on its way, or where it belongs.
   *
   * @param digest of the blob
   * @param total bytes in all, or -1 when unknown
   */
  static ObjectNode progress(boolean push, String digest, long current, long total) {
    String id = BuildMessages.shortId(digest);
    if (current >= total && total >= 0) {
      return ended(push ? "Pushed" : "Download complete", id);
    }
    return moved(push ? "Pushing" : "Downloading", id, current, total);
  }

  /** Something else of which a part is done. */
  static ObjectNode moved(String status, String id, long current, long total) {
    ObjectNode detail = Json.object().put("current", current);
    if (total >= 0) {
      detail.put("total", total);
    }
    ObjectNode node = Json.object().put("status", status);
    node.set("progressDetail", detail);
    return node.put("id", id);
  }

  /** What became of a blob. */
  static ObjectNode ended(String status, String id) {
    ObjectNode node = Json.object().put("status", status);
    node.set("progressDetail", Json.object());
    return node.put("id", id);
  }
}
