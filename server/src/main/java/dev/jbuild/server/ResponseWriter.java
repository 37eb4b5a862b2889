package dev.jbuild.server;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Writes a response from a virtual thread, which waits until each piece is written: who reads
 * slowly is written to slowly, and nothing piles up.
 */
final class ResponseWriter {
  private final HttpServerResponse response;
  private final Context loop;

  /**
   * Writes to a response.
   *
   * @param loop its event loop
   */
  ResponseWriter(HttpServerResponse response, Context loop) {
    this.response = response;
    this.loop = loop;
  }

  /**
   * Writes a piece.
   *
   * @throws ExecutionException if nobody reads any more
   */
  void write(Buffer bytes) throws InterruptedException, ExecutionException {
    onLoop(() -> response.write(bytes));
  }

  /** The same, with the status of the answer before its first piece. */
  void begin(int status, Buffer bytes) throws InterruptedException, ExecutionException {
    onLoop(() -> response.setStatusCode(status).write(bytes));
  }

  void end() throws InterruptedException, ExecutionException {
    onLoop(response::end);
  }

  private void onLoop(Supplier<Future<Void>> action)
      throws InterruptedException, ExecutionException {
    CompletableFuture<Void> written = new CompletableFuture<>();
    loop.runOnContext(_ -> {
      if (response.closed() || response.ended()) {
        written.completeExceptionally(new IOException("the follower is gone"));
      } else {
        action
            .get()
            .onComplete(done -> {
              if (done.succeeded()) {
                written.complete(null);
              } else {
                written.completeExceptionally(done.cause());
              }
            });
      }
    });
    written.get();
  }
}
