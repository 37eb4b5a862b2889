package dev.jbuild.server.docker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import dev.jbuild.registry.TransferEvent;
import dev.jbuild.registry.TransferEvent.Direction;

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

  /** What a transfer tells. */
  public static ObjectNode of(TransferEvent event) {
    return switch (event) {
      case TransferEvent.Started(Direction direction, var _, Descriptor blob) ->
          ended(direction == Direction.PUSH ? "Preparing" : "Pulling fs layer", id(blob));
      case TransferEvent.Progressed(Direction direction, var _, Descriptor blob, long done) ->
          progress(direction == Direction.PUSH, blob.digest().toString(), done, blob.size());
      case TransferEvent.Finished(Direction direction, var _, Descriptor blob) ->
          ended(direction == Direction.PUSH ? "Pushed" : "Pull complete", id(blob));
      case TransferEvent.Skipped skipped ->
          ended(
              switch (skipped.reason()) {
                case PRESENT ->
                    skipped.direction() == Direction.PUSH
                        ? "Layer already exists"
                        : "Already exists";
                case MOUNTED -> "Mounted from another repository";
                case FOREIGN -> "Skipped foreign layer";
              },
              id(skipped.blob()));
      case TransferEvent.Failed(Direction _, var _, Descriptor blob, var _) ->
          ended("Failed", id(blob));
      case TransferEvent.Retrying retrying ->
          Json.object().put("status", retrying.action() + ": " + retrying.cause() + "; again soon");
      case TransferEvent.MirrorFailed(var mirror, String cause) ->
          Json.object().put("status", "mirror " + mirror + " does not serve: " + cause);
    };
  }

  private static String id(Descriptor blob) {
    return BuildMessages.shortId(blob.digest().toString());
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
