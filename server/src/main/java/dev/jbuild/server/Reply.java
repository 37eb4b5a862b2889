package dev.jbuild.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import dev.jbuild.server.docker.EnginePath;
import dev.jbuild.server.docker.ErrorText;
import dev.jbuild.server.json.FailureJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Answers in JSON; called on the request's event loop. */
final class Reply {
  private Reply() {}

  static void json(RoutingContext request, int status, ObjectNode node) {
    HttpServerResponse response = request.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end(Buffer.buffer(Json.compact(node)));
  }

  /**
   * {@code {"error": {…}}} with the failure's kind, message and hint; on a path of Docker's API
   * {@code {"message": …}}, which is all that its clients read.
   */
  static void failure(RoutingContext request, int status, BuildFailure failure) {
    ObjectNode error = FailureJson.of(failure);
    if (EnginePath.of(request.request().path()).isPresent()) {
      json(request, status, ErrorText.answer(error));
      return;
    }
    ObjectNode node = Json.object();
    node.set("error", error);
    json(request, status, node);
  }

  static void failure(RoutingContext request, BuildFailure failure) {
    failure(request, status(failure.kind()), failure);
  }

  static void text(RoutingContext request, String type, String body) {
    request.response().putHeader("content-type", type).end(body);
  }

  /** What a failure of a kind is in HTTP. */
  static int status(BuildFailure.Kind kind) {
    return switch (kind) {
      case USER -> 400;
      case UNAUTHORIZED -> 401;
      case NOT_FOUND -> 404;
      case CONFLICT, CANCELLED -> 409;
      case UNAVAILABLE -> 503;
      case UNSUPPORTED -> 501;
      case CORRUPT, INTERNAL -> 500;
    };
  }
}
