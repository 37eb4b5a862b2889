package dev.jbuild.server;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;

/**
 * Sends a build's events to one follower in some form: all from the place asked for, then each as
 * it comes. Runs on a virtual thread; a slow follower holds up nothing but that thread, as the next
 * piece is read when the last one is written.
 */
final class LogStream implements Runnable {
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  /** How events look to a follower. For one follower, and one thread. */
  interface Form {
    /**
     * What is sent for some events.
     *
     * @param lines whole lines of the log
     * @param place where in the log they begin
     * @return may be empty
     */
    Buffer of(byte[] lines, long place);

    /** What is sent when nothing happens, so that the connection is not taken for dead. */
    Buffer heartbeat();

    /** The status of the answer; asked before the first bytes are sent. */
    default int status() {
      return 200;
    }

    /** Asked when the log has ended: whether it is to be sent once more from its beginning. */
    default boolean again() {
      return false;
    }
  }

  private final EventLog log;
  private final HttpServerResponse response;
  private final Context loop;
  private final ResponseWriter writer;
  private final Form form;
  private long place;
  private boolean begun;

  /**
   * @param loop the event loop of the response
   * @param from where in the log to begin
   */
  LogStream(EventLog log, HttpServerResponse response, Context loop, Form form, long from) {
    this.log = log;
    this.response = response;
    this.loop = loop;
    this.writer = new ResponseWriter(response, loop);
    this.form = form;
    this.place = from;
  }

  @Override
  public void run() {
    try {
      while (true) {
        switch (log.await(place, HEARTBEAT)) {
          case READ -> {
            byte[] lines = log.read(place);
            Buffer sent = form.of(lines, place);
            place += lines.length;
            send(sent);
          }
          case WAIT -> send(form.heartbeat());
          case ENDED -> {
            if (!form.again()) {
              writer.end();
              return;
            }
            place = 0;
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

  private void send(Buffer bytes) throws InterruptedException, ExecutionException {
    if (bytes.length() == 0) {
      return;
    }
    if (begun) {
      writer.write(bytes);
    } else {
      begun = true;
      writer.begin(form.status(), bytes);
    }
  }
}
