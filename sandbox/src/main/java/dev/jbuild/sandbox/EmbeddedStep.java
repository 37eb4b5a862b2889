package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The life of one step under jbuild-init, from its start until all of it is dead and cleaned up.
 *
 * <p>A thread of its own hears what the launcher says (see {@link LauncherFrame}), and at the end
 * measures and cleans; the other methods command the launcher (see {@link LauncherProcess}) or wait
 * for that thread. What the ending means is {@link StepEnding}'s.
 */
final class EmbeddedStep implements RunningStep {

  private final LauncherProcess launcher;
  private final StepRequest request;
  private final OutputSink sink;
  private final StepCgroup cgroup;
  private final Runnable cleaning;
  private final CountDownLatch done = new CountDownLatch(1);

  private volatile boolean killRequested;
  private volatile @Nullable RuntimeException failure;
  private LauncherFrame.@Nullable Failed failed;
  private LauncherFrame.@Nullable Ended ended;
  private @Nullable StepEnding ending;
  private @Nullable IOException broken;
  private @Nullable PrivateNetwork network;
  private long pid;

  private EmbeddedStep(
      LauncherProcess launcher,
      StepRequest request,
      OutputSink sink,
      StepCgroup cgroup,
      Runnable cleaning) {
    this.launcher = launcher;
    this.request = request;
    this.sink = sink;
    this.cgroup = cgroup;
    this.cleaning = cleaning;
    // A read of a pipe holds its thread: many steps would leave virtual threads no carrier.
    Thread.ofPlatform().daemon().name("step-" + launcher.pid()).start(this::listen);
    request.timeout().ifPresent(time -> Thread.ofVirtual().start(() -> liftAfter(time)));
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
    return new EmbeddedStep(LauncherProcess.start(binary, plan), request, sink, cgroup, cleaning);
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

  private void listen() {
    try {
      for (LauncherFrame frame; (frame = launcher.nextFrame()) != null; ) {
        take(frame);
      }
    } catch (IOException e) {
      broken = e;
    } finally {
      launcher.close();
      forgetVolatileMount();
      measure();
      clean();
      done.countDown();
    }
  }

  private void take(LauncherFrame frame) {
    switch (frame) {
      case LauncherFrame.Output(OutputSink.Stream stream, ByteBuffer bytes) ->
          output(stream, bytes);
      case LauncherFrame.Started(long first) -> pid = first;
      case LauncherFrame.Ready() -> connect();
      case LauncherFrame.Taken() -> {} // the launcher's own affair
      case LauncherFrame.Failed why -> failed = why;
      case LauncherFrame.Ended how -> ended = how;
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

  private void connect() {
    try {
      network = PrivateNetwork.connect(pid);
      launcher.go();
    } catch (IOException e) {
      failure =
          new BuildFailure(
              BuildFailure.Kind.UNAVAILABLE,
              "private network cannot be made: " + e.getMessage(),
              e);
      kill();
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

  private void measure() {
    LauncherFrame.Ended end = ended;
    if (end != null) {
      StepMeter meter = cgroup.meter();
      ResourceUsage usage = meter.usage(launcher.elapsed(), end);
      String outOfMemory =
          meter.outOfMemory()
              ? OutOfMemory.describe(
                  request.limits(), usage.memoryPeakBytes(), cgroup.memoryName(), launcher.binary())
              : null;
      ending = new StepEnding(request, end, failed, usage, outOfMemory);
    }
    cgroup.close();
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

  @Override
  public StepResult await() throws InterruptedException {
    done.await();
    int exitCode = launcher.awaitExit();
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
    StepEnding known = ending;
    if (known == null) {
      throw noResult(exitCode);
    }
    return known.result();
  }

  private BuildFailure noResult(int exitCode) {
    String complaint = launcher.lastWords();
    return killRequested
        ? new BuildFailure(BuildFailure.Kind.CANCELLED, "step is killed", broken)
        : new BuildFailure(
            BuildFailure.Kind.INTERNAL,
            complaint.isEmpty()
                ? "launcher ended with code " + exitCode + " and no result"
                : complaint,
            broken);
  }

  /** The host's number of the step's pid 1, 0 before it is known. */
  long pid() {
    return pid;
  }

  @Override
  public void kill() {
    killRequested = true;
    launcher.kill();
    cgroup.lift();
  }

  @Override
  public void signal(int signal) {
    launcher.signal(signal);
  }

  @Override
  public void input(byte[] bytes, int offset, int length) throws InterruptedException {
    launcher.input(bytes, offset, length);
  }

  @Override
  public void endInput() {
    launcher.endInput();
  }

  @Override
  public void resize(int rows, int columns) {
    launcher.resize(rows, columns);
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
        launcher.awaitExit();
        break;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Leaves the launcher alone, as the death of the JVM does. */
  void abandon() {
    launcher.hangUp();
  }
}
