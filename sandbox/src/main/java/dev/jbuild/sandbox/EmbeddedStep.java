package dev.jbuild.sandbox;

import static java.util.Objects.requireNonNull;

import dev.jbuild.failure.BuildFailure;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The JVM's end of one jbuild-init: a thread that reads frames, and a pipe for commands.
 *
 * <p>Frames are {@code u8 type, u32 length, bytes}, little endian; the types are those of {@code
 * enum frame} in {@code supervise.c}.
 */
final class EmbeddedStep implements RunningStep {

  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int STARTED = 3;
  private static final int READY = 4;
  private static final int FAILED = 5;
  private static final int ENDED = 6;
  private static final int TAKEN = 7;

  /** What the launcher has room for. */
  private static final int MOST_INPUT = 4096;

  private final Process process;
  private final StepRequest request;
  private final OutputSink sink;
  private final StepCgroup cgroup;
  private final Path launcher;
  private final Runnable cleaning;
  private final long startedNanos;
  private final CountDownLatch done = new CountDownLatch(1);
  private final ReentrantLock commands = new ReentrantLock();
  private final Semaphore inputRoom = new Semaphore(1);

  private volatile boolean killRequested;
  private volatile @Nullable RuntimeException failure;
  private @Nullable Failed failed;
  private @Nullable Ended ended;
  private @Nullable ResourceUsage usage;
  private @Nullable String outOfMemory;
  private @Nullable IOException broken;
  private @Nullable PrivateNetwork network;
  private long pid;

  private record Failed(int op, int errno, int exit, String path) {}

  private record Ended(
      int status, boolean killed, boolean timedOut, long userMicros, long systemMicros, long rss) {}

  private EmbeddedStep(
      Process process,
      StepRequest request,
      OutputSink sink,
      StepCgroup cgroup,
      Path launcher,
      Runnable cleaning,
      long startedNanos) {
    this.process = process;
    this.request = request;
    this.sink = sink;
    this.cgroup = cgroup;
    this.launcher = launcher;
    this.cleaning = cleaning;
    this.startedNanos = startedNanos;
    // A read of a pipe holds its thread: many steps would leave virtual threads no carrier.
    Thread.ofPlatform().daemon().name("step-" + process.pid()).start(this::read);
    request.timeout().ifPresent(time -> Thread.ofVirtual().start(() -> liftAfter(time)));
  }

  /** The launcher ends the step by its own clock, and says so when all its processes have left. */
  private void liftAfter(Duration time) {
    try {
      if (!done.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
        cgroup.lift();
      }
    } catch (InterruptedException _) {
      // Nobody has this thread to interrupt it.
    }
  }

  /**
   * Starts the launcher's program and gives it its plan.
   *
   * @param cleaning what to do once every process of the step is dead; what it throws, await throws
   */
  static EmbeddedStep launch(
      Path binary,
      Plan plan,
      StepRequest request,
      OutputSink sink,
      StepCgroup cgroup,
      Runnable cleaning) {
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
    try {
      OutputStream in = process.getOutputStream();
      in.write(bytes);
      in.flush();
    } catch (IOException e) {
      String complaint = lastWords(process);
      process.destroyForcibly();
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL,
          complaint.isEmpty() ? "launcher takes no plan: " + e.getMessage() : complaint,
          e);
    }
    return new EmbeddedStep(process, request, sink, cgroup, binary, cleaning, started);
  }

  private void read() {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(process.getInputStream(), 5))) {
      byte[] buffer = new byte[1 << 16];
      while (true) {
        int type = in.read();
        if (type < 0) {
          break;
        }
        int length = Integer.reverseBytes(in.readInt());
        if (length < 0 || length > buffer.length) {
          throw new IOException("frame of " + length + " bytes");
        }
        in.readFully(buffer, 0, length);
        take(type, ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.LITTLE_ENDIAN));
      }
    } catch (IOException e) {
      broken = e;
    } finally {
      closeQuietly(process.getOutputStream());
      forgetVolatileMount();
      measure();
      clean();
      done.countDown();
      inputRoom.release(1 << 20); // nobody waits any more for what it takes
    }
  }

  /**
   * A volatile overlay leaves a mark that forbids to mount the same directories again. What it
   * warns of is known: a step's files count only once the layer store has synced them.
   */
  private void forgetVolatileMount() {
    if (request.rootfs() instanceof Rootfs.Overlay overlay) {
      Path mark = overlay.work().resolve("work/incompat");
      try {
        Files.deleteIfExists(mark.resolve("volatile/dirty"));
        Files.deleteIfExists(mark.resolve("volatile"));
        Files.deleteIfExists(mark);
      } catch (IOException _) {
        // The next mount says what is in its way.
      }
    }
  }

  private void clean() {
    PrivateNetwork used = network;
    if (used != null) {
      used.close();
    }
    try {
      cleaning.run();
    } catch (RuntimeException e) {
      failure = failure == null ? e : failure;
    }
  }

  private void measure() {
    Ended end = ended;
    if (end != null) {
      StepMeter meter = cgroup.meter();
      OptionalLong peak = meter.memoryPeak();
      usage =
          new ResourceUsage(
              Duration.ofNanos(System.nanoTime() - startedNanos),
              Duration.ofNanos(end.userMicros * 1000),
              Duration.ofNanos(end.systemMicros * 1000),
              peak.orElse(end.rss),
              peak.isPresent(),
              meter.ioBytes(false),
              meter.ioBytes(true),
              meter.pidsPeak());
      if (meter.outOfMemory()) {
        outOfMemory =
            OutOfMemory.describe(
                request.limits(), usage.memoryPeakBytes(), cgroup.memoryName(), launcher);
      }
    }
    cgroup.close();
  }

  private void take(int type, ByteBuffer frame) throws IOException {
    switch (type) {
      case STDOUT -> output(OutputSink.Stream.STDOUT, frame);
      case STDERR -> output(OutputSink.Stream.STDERR, frame);
      case TAKEN -> inputRoom.release();
      case STARTED -> pid = frame.getLong();
      case READY -> {
        try {
          network = PrivateNetwork.connect(pid);
          command('G');
        } catch (IOException e) {
          failure =
              new BuildFailure(
                  BuildFailure.Kind.UNAVAILABLE,
                  "private network cannot be made: " + e.getMessage(),
                  e);
          kill();
        }
      }
      case FAILED -> {
        frame.getInt();
        int op = frame.getInt();
        int errno = frame.getInt();
        int exit = frame.getInt();
        frame.position(frame.position() + 48);
        byte[] path = new byte[frame.remaining() - 1];
        frame.get(path);
        failed = new Failed(op, errno, exit, new String(path, StandardCharsets.UTF_8));
      }
      case ENDED -> {
        long status = frame.getLong();
        frame.getLong();
        long flags = frame.getLong();
        ended =
            new Ended(
                (int) status,
                (flags & 1) != 0,
                (flags & 2) != 0,
                frame.getLong(),
                frame.getLong(),
                frame.getLong());
      }
      default -> throw new IOException("frame of type " + type);
    }
  }

  private void output(OutputSink.Stream stream, ByteBuffer bytes) {
    if (killRequested || failure != null) {
      return;
    }
    try {
      sink.write(stream, bytes.asReadOnlyBuffer());
    } catch (RuntimeException e) {
      failure = e;
      kill();
    }
  }

  @Override
  public StepResult await() throws InterruptedException {
    done.await();
    process.waitFor();
    return result();
  }

  private StepResult result() {
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
    Ended end = ended;
    if (end == null) {
      String complaint = lastWords(process);
      throw new BuildFailure(
          killRequested ? BuildFailure.Kind.CANCELLED : BuildFailure.Kind.INTERNAL,
          killRequested
              ? "step is killed"
              : complaint.isEmpty()
                  ? "launcher ended with code " + process.exitValue() + " and no result"
                  : complaint,
          broken);
    }
    ResourceUsage usage = requireNonNull(this.usage);
    Failed said = failed;
    if (said != null && !end.killed) {
      if (said.exit == 125) {
        throw new BuildFailure(
            said.errno == 1 || said.errno == 38
                ? BuildFailure.Kind.UNSUPPORTED
                : BuildFailure.Kind.UNAVAILABLE,
            "cannot " + Op.action(said.op) + ": " + describe(said));
      }
      return new StepResult(
          said.exit, null, describe(said), false, end.timedOut, end.killed, usage);
    }
    int status = end.status;
    boolean signalled = status >= 0 && (status & 0x7f) != 0;
    int exitCode = status < 0 ? 137 : signalled ? 128 + (status & 0x7f) : status >> 8 & 0xff;
    String signal = status < 0 ? "SIGKILL" : signalled ? Signals.name(status & 0x7f) : null;
    boolean oom = outOfMemory != null && exitCode != 0;
    String reason =
        oom
            ? outOfMemory
            : end.timedOut
                ? "timed out after "
                    + request.timeout().map(Duration::toMillis).orElse(0L) / 1000.0
                    + " s"
                : end.killed ? "killed" : signal;
    return new StepResult(exitCode, signal, reason, oom, end.timedOut, end.killed, usage);
  }

  private static String describe(Failed failure) {
    if (failure.op == Op.LIMIT) {
      int resource = Integer.parseInt(failure.path.substring("resource ".length()));
      return "\"" + Rlimits.name(resource) + "\": " + Errno.words(failure.errno);
    }
    String words = Errno.words(failure.errno);
    if (failure.exit == 127) {
      return "\""
          + failure.path
          + "\" is not found"
          + (failure.path.indexOf('/') >= 0 ? "" : " in the PATH of the step");
    }
    return "\"" + failure.path + "\": " + words;
  }

  /** The host's number of the step's pid 1, 0 before it is known. */
  long pid() {
    return pid;
  }

  @Override
  public void kill() {
    killRequested = true;
    command('K');
    cgroup.lift();
  }

  @Override
  public void signal(int signal) {
    command('S', signal);
  }

  @Override
  public void input(byte[] bytes, int offset, int length) throws InterruptedException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    for (int at = offset; at < offset + length && done.getCount() > 0; ) {
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

  @Override
  public void endInput() {
    command('E');
  }

  @Override
  public void resize(int rows, int columns) {
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

  @Override
  public void close() {
    if (done.getCount() > 0) {
      kill();
    }
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        process.waitFor();
        break;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Closes the command pipe, as the death of the JVM does. */
  void abandon() {
    closeQuietly(process.getOutputStream());
  }

  /**
   * What the launcher wrote to its standard error, which it does only when no frame can be sent.
   */
  static String lastWords(Process process) {
    try (InputStream err = process.getErrorStream()) {
      return new String(err.readNBytes(2000), StandardCharsets.UTF_8).strip();
    } catch (EOFException _) {
      return "";
    } catch (IOException _) {
      return "";
    }
  }

  private static void closeQuietly(OutputStream out) {
    try {
      out.close();
    } catch (IOException _) {
      // Closed already by the end of the process.
    }
  }
}
