package dev.jbuild.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;

/** {@code /v1/builds}: post, list, show, follow, cancel; and {@code /metrics} of them. */
final class BuildRoutes {
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Builds builds;
  private final BuildIntake intake;
  private final ServerOptions options;
  private final Offload offload;

  BuildRoutes(Builds builds, BuildIntake intake, ServerOptions options, Offload offload) {
    this.builds = builds;
    this.intake = intake;
    this.options = options;
    this.offload = offload;
  }

  void addTo(Router router) {
    router.get("/metrics").handler(request -> Reply.text(request, METRICS_TYPE, builds.metrics()));
    router.post("/v1/builds").handler(this::post);
    router.get("/v1/builds").handler(this::list);
    router.get("/v1/builds/:id").handler(this::show);
    router.get("/v1/builds/:id/events").handler(this::follow);
    router.delete("/v1/builds/:id").handler(this::cancel);
  }

  private void post(RoutingContext request) {
    MultiMap query = request.queryParams();
    intake.post(
        request,
        archive -> BuildParameters.request(query, archive, options.bounds()),
        build -> accepted(request, build));
  }

  private void accepted(RoutingContext request, ServedBuild build) {
    request.response().putHeader("location", "/v1/builds/" + build.id());
    if (wantsEvents(request)) {
      stream(request, build, 0);
    } else {
      Reply.json(request, 202, build.toJson());
    }
  }

  private void list(RoutingContext request) {
    ArrayNode all = Json.array();
    builds.list().forEach(build -> all.add(build.toJson()));
    ObjectNode node = Json.object();
    node.set("builds", all);
    Reply.json(request, 200, node);
  }

  private void show(RoutingContext request) {
    find(request).ifPresent(build -> Reply.json(request, 200, build.toJson()));
  }

  private void cancel(RoutingContext request) {
    find(request)
        .ifPresent(build -> {
          boolean going = build.cancel();
          Reply.json(request, going ? 202 : 200, build.toJson());
        });
  }

  private void follow(RoutingContext request) {
    Optional<ServedBuild> found = find(request);
    if (found.isEmpty()) {
      return;
    }
    ServedBuild build = found.get();
    String last = request.request().getHeader("last-event-id");
    if (last == null) {
      stream(request, build, 0);
      return;
    }
    offload.run(
        request,
        () -> {
          long place = place(last);
          if (!build.events().isBoundary(place)) {
            throw new BuildFailure(
                BuildFailure.Kind.USER, "\"" + last + "\" is not the id of an event of this build");
          }
          return place;
        },
        place -> stream(request, build, place));
  }

  private static long place(String id) {
    try {
      return Long.parseLong(id);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private void stream(RoutingContext request, ServedBuild build, long place) {
    HttpServerResponse response = request.response();
    response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream")
        .putHeader("cache-control", "no-store")
        .putHeader("x-accel-buffering", "no");
    Context loop = request.vertx().getOrCreateContext();
    offload.start(new LogStream(build.events(), response, loop, new ServerSentEvents(), place));
  }

  private Optional<ServedBuild> find(RoutingContext request) {
    String id = request.pathParam("id");
    Optional<ServedBuild> build = builds.find(id);
    if (build.isEmpty()) {
      Reply.failure(
          request,
          new BuildFailure(BuildFailure.Kind.NOT_FOUND, "there is no build \"" + id + "\""));
    }
    return build;
  }

  private static boolean wantsEvents(RoutingContext request) {
    String accept = request.request().getHeader("accept");
    return accept != null && accept.contains("text/event-stream");
  }
}
