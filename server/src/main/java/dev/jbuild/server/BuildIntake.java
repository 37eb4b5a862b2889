package dev.jbuild.server;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.failure.BuildFailure;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a posted context in and submits its build: what is wrong with the request is said before
 * its body is read, there is room for the build before it is, and nothing of a context stays that
 * does not become a build.
 */
final class BuildIntake {
  private static final Set<String> ARCHIVES =
      Set.of(
          "application/x-tar",
          "application/tar",
          "application/gzip",
          "application/x-gzip",
          "application/x-tar+gzip",
          "application/zstd",
          "application/octet-stream");

  private static final long LINGER_MILLIS = 500;

  private final Builds builds;
  private final ServerOptions options;
  private final Offload offload;

  BuildIntake(Builds builds, ServerOptions options, Offload offload) {
    this.builds = builds;
    this.options = options;
    this.offload = offload;
  }

  /** Makes the request of the build from where its context is. */
  interface Reading {
    /**
     * Called twice: before the body is read, for what is wrong then, and when the context is there.
     *
     * @throws BuildFailure that answers the request
     */
    BuildRequest of(Path archive);
  }

  /**
   * Takes the body as the context.
   *
   * @param accepted gets the build on the event loop, unless the request was refused
   */
  void post(RoutingContext request, Reading reading, Consumer<ServedBuild> accepted) {
    request.request().pause();
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
    Optional<Builds.Place> reserved = reserve(request, reading);
    if (reserved.isEmpty()) {
      return;
    }
    Builds.Place place = reserved.get();
    Upload.to(
            place.context(),
            request.request(),
            options.contextLimit(),
            options.uploadTime().toMillis(),
            request.vertx())
        .onSuccess(bytes -> uploaded(request, reading, place, bytes, accepted))
        .onFailure(cause -> {
          place.release();
          BuildFailure failure =
              cause instanceof BuildFailure known
                  ? known
                  : new BuildFailure(BuildFailure.Kind.INTERNAL, "internal fault: " + cause, cause);
          refuse(request, uploadStatus(failure.kind()), failure);
        });
  }

  /** Submits a build whose context is elsewhere; a body is none of its business and not read. */
  void postWithoutBody(RoutingContext request, Reading reading, Consumer<ServedBuild> accepted) {
    request.request().pause();
    Optional<Builds.Place> place = reserve(request, reading);
    if (place.isPresent()) {
      request.request().resume();
      submit(request, reading, place.get(), accepted);
    }
  }

  /** Checks the request and takes room for its build; empty if the request was refused. */
  private Optional<Builds.Place> reserve(RoutingContext request, Reading reading) {
    try {
      reading.of(Path.of("context"));
    } catch (BuildFailure e) {
      refuse(request, 400, e);
      return Optional.empty();
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
    }
    return reserved;
  }

  private static int uploadStatus(BuildFailure.Kind kind) {
    return switch (kind) {
      case UNSUPPORTED -> 413;
      case UNAVAILABLE -> 408;
      default -> 500;
    };
  }

  private void uploaded(
      RoutingContext request,
      Reading reading,
      Builds.Place place,
      long bytes,
      Consumer<ServedBuild> accepted) {
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
    submit(request, reading, place, accepted);
  }

  private void submit(
      RoutingContext request, Reading reading, Builds.Place place, Consumer<ServedBuild> accepted) {
    offload.run(
        request,
        () -> {
          try {
            return builds.submit(place, reading.of(place.context()));
          } catch (BuildFailure e) {
            place.release();
            throw e;
          }
        },
        accepted);
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
