package dev.jbuild.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import dev.jbuild.server.docker.BuildMessages;
import dev.jbuild.server.docker.ErrorText;
import dev.jbuild.server.json.FailureJson;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/**
 * The messages of a pull or a push, from any thread and without waiting: of how far something is, a
 * client that reads slowly misses some. What fails before the first message is a request that
 * failed. Thread-safe.
 */
final class MessageStream {
  private static final long HEARTBEAT_MILLIS = 15_000;

  private final RoutingContext request;
  private final HttpServerResponse response;
  private final Context loop;

  /** Of the event loop. */
  private boolean begun;

  /** For a request that was not answered yet; on its event loop. */
  MessageStream(RoutingContext request) {
    this.request = request;
    this.response = request.response();
    this.loop = request.vertx().getOrCreateContext();
  }

  /** What is done when the client goes away before the end; at once if it is gone. */
  void onGone(Runnable action) {
    loop.runOnContext(_ -> {
      if (response.closed()) {
        action.run();
      } else {
        response.closeHandler(_ -> action.run());
      }
    });
  }

  void send(ObjectNode message) {
    boolean spare = message.path("progressDetail").has("current");
    loop.runOnContext(_ -> {
      if (!isOver() && !(spare && response.writeQueueFull())) {
        begin();
        write(message);
      }
    });
  }

  private void begin() {
    if (begun) {
      return;
    }
    begun = true;
    response.setChunked(true).putHeader("content-type", "application/json");
    request
        .vertx()
        .setPeriodic(
            HEARTBEAT_MILLIS,
            timer -> {
              if (isOver()) {
                request.vertx().cancelTimer(timer);
              } else {
                response.write("\r\n");
              }
            });
  }

  private boolean isOver() {
    return response.ended() || response.closed();
  }

  private void write(ObjectNode message) {
    response.write(Buffer.buffer(Json.compact(message)).appendString("\r\n"));
  }

  /** All is told. */
  void end() {
    loop.runOnContext(_ -> {
      if (!isOver()) {
        response.end();
      }
    });
  }

  /** The last thing that is told. */
  void fail(BuildFailure failure) {
    loop.runOnContext(_ -> {
      if (isOver()) {
        return;
      }
      if (begun) {
        write(BuildMessages.error(ErrorText.of(FailureJson.of(failure)), 0));
        response.end();
      } else {
        Reply.failure(request, failure);
      }
    });
  }
}
