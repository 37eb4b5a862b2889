package dev.jbuild.server;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Sends a build's events to one follower as server-sent events (WHATWG HTML "Server-sent events"):
 * all from the place asked for, then each as it comes. Runs on a virtual thread; a slow follower
 * holds up nothing but that thread, as the next piece is read when the last one is written.
 */
final class EventStream implements Runnable {
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);
  private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

  private final EventLog log;
  private final HttpServerResponse response;
  private final Context loop;
  private long place;

  /**
   * @param loop the event loop of the response
   * @param from where in the log to begin
   */
  EventStream(EventLog log, HttpServerResponse response, Context loop, long from) {
    this.log = log;
    this.response = response;
    this.loop = loop;
    this.place = from;
  }

  @Override
  public void run() {
    try {
      while (true) {
        switch (log.await(place, HEARTBEAT)) {
          case READ -> {
            byte[] lines = log.read(place);
            send(frames(lines));
          }
          case WAIT -> send(Buffer.buffer(COMMENT));
          case ENDED -> {
            onLoop(response::end);
            return;
          }
        }
      }
    } catch (ExecutionException e) {
      // the follower is gone
    } catch (IOException e) {
      // the build was forgotten while it was read; the follower sees the stream end early
      loop.runOnContext(_ -> response.reset());
    } catch (InterruptedException e) {
      loop.runOnContext(_ -> response.end());
    }
  }

  /** One frame for each line; its id is the place behind it, from which a follower can resume. */
  private Buffer frames(byte[] lines) {
    Buffer frames = Buffer.buffer(lines.length + lines.length / 4);
    int start = 0;
    for (int i = 0; i < lines.length; i++) {
      if (lines[i] == '\n') {
        frames
            .appendString("id: " + (place + i + 1) + "\ndata: ")
            .appendBytes(lines, start, i - start)
            .appendString("\n\n");
        start = i + 1;
      }
    }
    place += lines.length;
    return frames;
  }

  private void send(Buffer bytes) throws InterruptedException, ExecutionException {
    onLoop(() -> response.write(bytes));
  }

  private void onLoop(java.util.function.Supplier<Future<Void>> action)
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
