package dev.jbuild.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code /v1/builds}: post, list, show, follow, cancel; and {@code /metrics} of them. */
final class BuildRoutes {
  private static final Set<String> ARCHIVES =
      Set.of(
          "application/x-tar",
          "application/tar",
          "application/gzip",
          "application/x-gzip",
          "application/x-tar+gzip",
          "application/zstd",
          "application/octet-stream");

  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
  private static final long LINGER_MILLIS = 500;

  private final Builds builds;
  private final ServerOptions options;
  private final Offload offload;

  BuildRoutes(Builds builds, ServerOptions options, Offload offload) {
    this.builds = builds;
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
    request.request().pause();
    MultiMap query = request.queryParams();
    String type = mediaType(request.request().getHeader("content-type"));
    if (type != null && !ARCHIVES.contains(type)) {
      refuse(
          request,
          415,
          new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "a context is a tar archive, plain or compressed, and not \"" + type + "\"",
              "send it as application/x-tar",
              null));
      return;
    }
    long announced = announcedLength(request);
    if (announced > options.contextLimit()) {
      refuse(
          request,
          413,
          new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "the context of "
                  + announced
                  + " bytes is larger than the "
                  + options.contextLimit()
                  + " bytes this server takes"));
      return;
    }
    try {
      BuildParameters.check(query, options.bounds());
    } catch (BuildFailure e) {
      refuse(request, 400, e);
      return;
    }
    Optional<Builds.Place> reserved = builds.reserve();
    if (reserved.isEmpty()) {
      request.response().putHeader("retry-after", "10");
      refuse(
          request,
          503,
          new BuildFailure(
              BuildFailure.Kind.UNAVAILABLE,
              "no room for another build: at most "
                  + options.maxBuilds()
                  + " run and "
                  + options.queue()
                  + " wait",
              "try again later",
              null));
      return;
    }
    Builds.Place place = reserved.get();
    Upload.to(
            place.context(),
            request.request(),
            options.contextLimit(),
            options.uploadTime().toMillis(),
            request.vertx())
        .onSuccess(bytes -> uploaded(request, query, place, bytes))
        .onFailure(cause -> {
          place.release();
          BuildFailure failure =
              cause instanceof BuildFailure known
                  ? known
                  : new BuildFailure(BuildFailure.Kind.INTERNAL, "internal fault: " + cause, cause);
          refuse(request, uploadStatus(failure.kind()), failure);
        });
  }

  private static int uploadStatus(BuildFailure.Kind kind) {
    return switch (kind) {
      case UNSUPPORTED -> 413;
      case UNAVAILABLE -> 408;
      default -> 500;
    };
  }

  private void uploaded(RoutingContext request, MultiMap query, Builds.Place place, long bytes) {
    if (bytes == 0) {
      place.release();
      Reply.failure(
          request,
          new BuildFailure(
              BuildFailure.Kind.USER,
              "the request has no context",
              "send a tar archive as the body",
              null));
      return;
    }
    offload.run(
        request,
        () -> {
          try {
            BuildRequest build = BuildParameters.request(query, place.context(), options.bounds());
            return builds.submit(place, build);
          } catch (BuildFailure e) {
            place.release();
            throw e;
          }
        },
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
    offload.start(new EventStream(build.events(), response, loop, place));
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

  private static @Nullable String mediaType(@Nullable String header) {
    return header == null ? null : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private static long announcedLength(RoutingContext request) {
    String length = request.request().getHeader("content-length");
    try {
      return length == null ? -1 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * Answers without having read the body. What still comes is thrown away for a moment, as closing
   * at once could cost the caller the answer; then the connection is closed.
   */
  private static void refuse(RoutingContext request, int status, BuildFailure failure) {
    boolean single = request.request().version() != HttpVersion.HTTP_2;
    if (single) {
      request.response().putHeader("connection", "close");
    }
    Reply.failure(request, status, failure);
    request.request().handler(_ -> {});
    request.request().resume();
    if (single) {
      request.vertx().setTimer(LINGER_MILLIS, _ -> request.request().connection().close());
    }
  }
}
