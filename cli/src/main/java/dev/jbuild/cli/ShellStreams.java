package dev.jbuild.cli;

import dev.jbuild.cli.progress.TerminalGuard;
import dev.jbuild.linux.Terminal;
import dev.jbuild.sandbox.OutputSink;
import dev.jbuild.sandbox.RunningStep;
import dev.jbuild.sandbox.StepInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Between this process's streams and a step's. On a terminal every key goes to the step's own
 * terminal, whose window follows this one's; closing puts the terminal back as it was.
 */
final class ShellStreams implements AutoCloseable {
  private static final int IN = 0;
  private static final Terminal.Size UNKNOWN = new Terminal.Size(24, 80);
  private static final long LOOK_MILLIS = 200;

  private final Console console;
  private final Terminal.@Nullable Raw raw;
  private final CountDownLatch closed = new CountDownLatch(1);
  private Terminal.Size size;

  ShellStreams(Console console, boolean terminal) throws IOException {
    this.console = console;
    this.size = Terminal.size(IN).orElse(UNKNOWN);
    this.raw = terminal ? Terminal.raw(IN) : null;
  }

  StepInput input() {
    return raw == null ? new StepInput.Pipe() : new StepInput.Terminal(size.rows(), size.columns());
  }

  OutputSink sink() {
    return (stream, chunk) ->
        write(
            TerminalGuard.unguarded(
                stream == OutputSink.Stream.STDOUT ? console.out() : console.err()),
            chunk);
  }

  private static void write(PrintStream to, ByteBuffer chunk) {
    byte[] bytes = new byte[chunk.remaining()];
    chunk.get(bytes);
    to.write(bytes, 0, bytes.length);
    to.flush();
  }

  /** Begins to pass on what is typed. The threads end with the process: a read has no other end. */
  void connect(RunningStep step) {
    Thread.ofPlatform().daemon().name("shell-input").start(() -> pass(step));
    if (raw != null) {
      Thread.ofPlatform().daemon().name("shell-window").start(() -> follow(step));
    }
  }

  private void pass(RunningStep step) {
    byte[] buffer = new byte[4096];
    try {
      InputStream in = console.in();
      for (int n; (n = in.read(buffer)) >= 0; ) {
        step.input(buffer, 0, n);
      }
    } catch (IOException _) {
      // A stream that cannot be read is at its end.
    } catch (InterruptedException _) {
      return;
    }
    step.endInput();
  }

  /** Looks at the window's size from time to time: the JVM lets nobody hear of SIGWINCH. */
  private void follow(RunningStep step) {
    try {
      while (!closed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        Terminal.Size now = Terminal.size(IN).orElse(size);
        if (!now.equals(size)) {
          size = now;
          step.resize(now.rows(), now.columns());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    if (raw != null) {
      raw.close();
    }
  }
}
