package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Path;

/**
 * A request's body on its way to a file. Reading stops while the disk is behind, so that memory
 * stays flat; too many bytes or too much time end it.
 */
final class Upload {
  private final HttpServerRequest request;
  private final long limit;
  private final Promise<Long> done = Promise.promise();
  private long received;

  private Upload(HttpServerRequest request, long limit) {
    this.request = request;
    this.limit = limit;
  }

  /**
   * Writes the body to {@code file}, which must not exist. The request must be paused.
   *
   * @param milliseconds how long it may take
   * @return the bytes written; or a failure: {@code UNSUPPORTED} for too many, {@code UNAVAILABLE}
   *     for too slow or broken off
   */
  static Future<Long> to(
      Path file, HttpServerRequest request, long limit, long milliseconds, Vertx vertx) {
    Upload upload = new Upload(request, limit);
    long timer =
        vertx.setTimer(
            Math.max(1, milliseconds),
            _ ->
                upload.done.tryFail(
                    new BuildFailure(
                        BuildFailure.Kind.UNAVAILABLE,
                        "the context did not arrive within " + milliseconds / 1000 + " s")));
    return vertx
        .fileSystem()
        .open(file.toString(), new OpenOptions().setCreateNew(true).setWrite(true))
        .compose(open -> upload.into(open).eventually(() -> open.close()))
        .eventually(() -> {
          vertx.cancelTimer(timer);
          return Future.succeededFuture();
        });
  }

  private Future<Long> into(AsyncFile file) {
    request.exceptionHandler(cause ->
        done.tryFail(
            new BuildFailure(
                BuildFailure.Kind.UNAVAILABLE,
                "the context broke off after " + received + " bytes",
                cause)));
    file.exceptionHandler(cause ->
        done.tryFail(
            new BuildFailure(
                BuildFailure.Kind.UNAVAILABLE,
                "the context cannot be kept: " + cause.getMessage(),
                cause)));
    file.drainHandler(_ -> request.resume());
    request.handler(bytes -> accept(file, bytes));
    request.endHandler(_ -> file.flush().onComplete(_ -> done.tryComplete(received)));
    request.resume();
    return done.future()
        .onFailure(_ -> {
          request.handler(null);
          request.endHandler(null);
          request.pause();
        });
  }

  private void accept(AsyncFile file, Buffer bytes) {
    received += bytes.length();
    if (received > limit) {
      done.tryFail(
          new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "the context is larger than the " + limit + " bytes this server takes"));
      return;
    }
    file.write(bytes)
        .onFailure(cause ->
            done.tryFail(
                new BuildFailure(
                    BuildFailure.Kind.UNAVAILABLE,
                    "the context cannot be kept: " + cause.getMessage(),
                    cause)));
    if (file.writeQueueFull()) {
      request.pause();
    }
  }
}
