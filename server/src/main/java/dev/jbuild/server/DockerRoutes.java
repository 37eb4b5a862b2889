package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Platform;
import dev.jbuild.server.docker.ApiVersion;
import dev.jbuild.server.docker.EnginePath;
import dev.jbuild.server.docker.SystemJson;
import dev.jbuild.store.Store;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.util.Optional;

/**
 * Docker's Engine API, as far as a build server has it: version negotiation here, and who serves
 * what. What is not served is told apart from what Docker does not have either.
 */
final class DockerRoutes {
  private final String version;
  private final Store store;
  private final DockerBuildRoutes builds;
  private final DockerImageRoutes images;
  private final Offload offload;

  DockerRoutes(
      String version,
      Store store,
      DockerBuildRoutes builds,
      DockerImageRoutes images,
      Offload offload) {
    this.version = version;
    this.store = store;
    this.builds = builds;
    this.images = images;
    this.offload = offload;
  }

  void addTo(Router router) {
    router.get("/version").handler(this::handle);
    router.route().handler(this::handle);
  }

  private void handle(RoutingContext request) {
    Optional<EnginePath> path = EnginePath.of(request.request().path());
    if (path.isEmpty()) {
      request.next();
      return;
    }
    request
        .response()
        .putHeader("Api-Version", ApiVersion.MOST.toString())
        .putHeader("Docker-Experimental", "false")
        .putHeader("Ostype", Platform.host().os())
        .putHeader("Server", "jbuild/" + version + " (linux)");
    try {
      path.get().version().requireServed();
    } catch (BuildFailure e) {
      Reply.failure(request, e);
      return;
    }
    serve(request, path.get());
  }

  private void serve(RoutingContext request, EnginePath path) {
    HttpMethod method = request.request().method();
    switch (method + " " + path.rest()) {
      case "GET /_ping", "HEAD /_ping" -> ping(request);
      case "GET /version" -> Reply.json(request, 200, SystemJson.version(version));
      case "GET /info" ->
          offload.run(
              request,
              () -> SystemJson.info(version, new Images(store).list().size(), Instant.now()),
              info -> Reply.json(request, 200, info));
      case "POST /build" -> builds.post(request);
      default -> {
        if (!images.serve(request, path)) {
          notServed(request, path);
        }
      }
    }
  }

  /** Clients read the headers to learn the newest version, and that the builder is the classic. */
  private static void ping(RoutingContext request) {
    request
        .response()
        .putHeader("Builder-Version", "1")
        .putHeader("Swarm", "inactive")
        .putHeader("Cache-Control", "no-cache, no-store, must-revalidate")
        .putHeader("Pragma", "no-cache")
        .putHeader("Content-Type", "text/plain; charset=utf-8");
    if (request.request().method().equals(HttpMethod.HEAD)) {
      request.response().putHeader("Content-Length", "0").end();
    } else {
      request.response().end("OK");
    }
  }

  private static void notServed(RoutingContext request, EnginePath path) {
    String what = request.request().method() + " " + path.rest();
    Reply.failure(
        request,
        switch (path.family()) {
          case "session", "grpc" ->
              new BuildFailure(
                  BuildFailure.Kind.UNSUPPORTED,
                  "BuildKit's sessions are not served",
                  "build with the classic builder, DOCKER_BUILDKIT=0, or post to /v1/builds",
                  null);
          case "_ping", "version", "info", "build", "images" ->
              new BuildFailure(BuildFailure.Kind.UNSUPPORTED, what + " is not served");
          default ->
              path.isKnown()
                  ? new BuildFailure(
                      isLookUp(request, path)
                          ? BuildFailure.Kind.NOT_FOUND
                          : BuildFailure.Kind.UNSUPPORTED,
                      "jbuild is a build server, which has no " + path.family() + ": " + what)
                  : new BuildFailure(BuildFailure.Kind.NOT_FOUND, "page not found");
        });
  }

  /** Who inspects a name asks for a container first and, if there is none, for an image. */
  private static boolean isLookUp(RoutingContext request, EnginePath path) {
    String all = "/" + path.family();
    return request.request().method().equals(HttpMethod.GET)
        && !path.rest().equals(all)
        && !path.rest().equals(all + "/json");
  }
}
