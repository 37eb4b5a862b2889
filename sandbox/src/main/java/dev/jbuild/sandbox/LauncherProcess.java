package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One running jbuild-init: it was given its plan, takes commands, and tells what happens in frames.
 *
 * <p>Commands may be given by any thread, at any time; one that comes after the program's end has
 * no effect. Frames are for one thread, which closes this when there are no more.
 */
final class LauncherProcess implements Closeable {

  /** What the launcher has room for. */
  private static final int MOST_INPUT = 4096;

  private final Path binary;
  private final Process process;
  private final long startedNanos;
  private final DataInputStream frames;
  private final byte[] buffer = new byte[LauncherFrame.MOST_BYTES];
  private final ReentrantLock commands = new ReentrantLock();
  private final Semaphore inputRoom = new Semaphore(1);
  private volatile boolean closed;

  private LauncherProcess(Path binary, Process process, long startedNanos) {
    this.binary = binary;
    this.process = process;
    this.startedNanos = startedNanos;
    this.frames = new DataInputStream(new BufferedInputStream(process.getInputStream(), 5));
  }

  /**
   * Starts the program, with an empty environment, and gives it its plan.
   *
   * @throws BuildFailure if it cannot be started, or takes no plan
   */
  static LauncherProcess start(Path binary, Plan plan) {
    byte[] bytes = plan.encode();
    ProcessBuilder builder = new ProcessBuilder(binary.toString(), "run");
    builder.environment().clear();
    long started = System.nanoTime();
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "launcher " + binary + " cannot be started: " + e.getMessage(),
          e);
    }
    LauncherProcess launcher = new LauncherProcess(binary, process, started);
    try {
      OutputStream in = process.getOutputStream();
      in.write(bytes);
      in.flush();
    } catch (IOException e) {
      String complaint = launcher.lastWords();
      process.destroyForcibly();
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL,
          complaint.isEmpty() ? "launcher takes no plan: " + e.getMessage() : complaint,
          e);
    }
    return launcher;
  }

  Path binary() {
    return binary;
  }

  long pid() {
    return process.pid();
  }

  /** Time since the program was started. */
  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  /** The next frame, or null when there are no more. */
  @Nullable LauncherFrame nextFrame() throws IOException {
    LauncherFrame frame = LauncherFrame.read(frames, buffer);
    if (frame instanceof LauncherFrame.Taken) {
      inputRoom.release();
    }
    return frame;
  }

  /** Has a step that is ready execute its program. */
  void go() {
    command('G');
  }

  void kill() {
    command('K');
  }

  void signal(int signal) {
    command('S', signal);
  }

  /** As {@link RunningStep#input} has it. */
  void input(byte[] bytes, int offset, int length) throws InterruptedException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    for (int at = offset; at < offset + length && !closed; ) {
      int n = Math.min(MOST_INPUT, offset + length - at);
      inputRoom.acquire();
      byte[] command = new byte[3 + n];
      command[0] = 'I';
      command[1] = (byte) n;
      command[2] = (byte) (n >> 8);
      System.arraycopy(bytes, at, command, 3, n);
      send(command);
      at += n;
    }
    // Taken, not only sent.
    inputRoom.acquire();
    inputRoom.release();
  }

  void endInput() {
    command('E');
  }

  void resize(int rows, int columns) {
    command('W', rows, rows >> 8, columns, columns >> 8);
  }

  private void command(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    send(bytes);
  }

  private void send(byte[] command) {
    commands.lock();
    try {
      OutputStream out = process.getOutputStream();
      out.write(command);
      out.flush();
    } catch (IOException _) {
      // The launcher has ended: there is nothing left to command.
    } finally {
      commands.unlock();
    }
  }

  /** Waits for the program's end and returns its exit code. */
  int awaitExit() throws InterruptedException {
    return process.waitFor();
  }

  /** What it wrote to its standard error, which it does only when no frame can be sent. */
  String lastWords() {
    try (InputStream err = process.getErrorStream()) {
      return new String(err.readNBytes(2000), StandardCharsets.UTF_8).strip();
    } catch (IOException _) {
      return "";
    }
  }

  /** Closes the pipe for commands, as the death of the JVM does: the launcher kills its step. */
  void hangUp() {
    closeQuietly(process.getOutputStream());
  }

  /** Closes both pipes; nobody waits any more for the step to take its input. */
  @Override
  public void close() {
    closeQuietly(frames);
    hangUp();
    closed = true;
    inputRoom.release(1 << 20);
  }

  private static void closeQuietly(Closeable pipe) {
    try {
      pipe.close();
    } catch (IOException _) {
      // Closed already by the end of the process.
    }
  }
}
