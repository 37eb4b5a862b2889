package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a step once all of it is dead, and what that means to whoever started it.
 *
 * @param ended the launcher's last frame
 * @param failed why the step's program was not started, if it was not
 * @param outOfMemory what the step ran into, if the kernel killed a process of it for its memory
 */
record StepEnding(
    StepRequest request,
    LauncherFrame.Ended ended,
    LauncherFrame.@Nullable Failed failed,
    ResourceUsage usage,
    @Nullable String outOfMemory) {

  /**
   * The result in terms of exit codes, signals and words.
   *
   * @throws BuildFailure if the isolation could not be set up
   */
  StepResult result() {
    return failed != null && !ended.killed() ? notStarted(failed) : afterItsProgram();
  }

  private StepResult notStarted(LauncherFrame.Failed failed) {
    if (failed.exit() == 125) {
      throw new BuildFailure(
          denied(failed) ? BuildFailure.Kind.UNSUPPORTED : BuildFailure.Kind.UNAVAILABLE,
          "cannot " + Op.action(failed.op()) + ": " + describe(failed),
          hint(failed),
          null);
    }
    return new StepResult(
        failed.exit(), null, describe(failed), false, ended.timedOut(), ended.killed(), usage);
  }

  private static boolean denied(LauncherFrame.Failed failed) {
    return Errno.EPERM.is(failed.errno()) || Errno.ENOSYS.is(failed.errno());
  }

  private static @Nullable String hint(LauncherFrame.Failed failed) {
    if (failed.op() == Op.LAYERS && Errno.ENODEV.is(failed.errno())) {
      return "modprobe overlay, as root of the machine";
    }
    return denied(failed) && failed.op() != Op.LIMIT
        ? "jbuild doctor says what this machine grants, and what helps"
        : null;
  }

  private static String describe(LauncherFrame.Failed failed) {
    String path = failed.path();
    if (failed.op() == Op.LIMIT) {
      int resource = Integer.parseInt(path.substring("resource ".length()));
      return "\"" + Rlimits.name(resource) + "\": " + Errno.words(failed.errno());
    }
    if (failed.exit() == 127) {
      return "\""
          + path
          + "\" is not found"
          + (path.indexOf('/') >= 0 ? "" : " in the PATH of the step");
    }
    return "\"" + path + "\": " + Errno.words(failed.errno());
  }

  private StepResult afterItsProgram() {
    int status = ended.status();
    boolean signalled = status >= 0 && (status & 0x7f) != 0;
    int exitCode = status < 0 ? 137 : signalled ? 128 + (status & 0x7f) : status >> 8 & 0xff;
    String signal = status < 0 ? "SIGKILL" : signalled ? Signals.name(status & 0x7f) : null;
    boolean oom = outOfMemory != null && exitCode != 0;
    String reason =
        oom ? outOfMemory : ended.timedOut() ? timedOut() : ended.killed() ? "killed" : signal;
    return new StepResult(exitCode, signal, reason, oom, ended.timedOut(), ended.killed(), usage);
  }

  private String timedOut() {
    long millis = request.timeout().map(Duration::toMillis).orElse(0L);
    return "timed out after " + millis / 1000.0 + " s";
  }
}
