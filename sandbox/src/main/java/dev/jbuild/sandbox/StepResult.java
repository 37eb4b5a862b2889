package dev.jbuild.sandbox;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a step ended.
 *
 * @param exitCode what the first process returned; 128 + signal when a signal ended it; 126 or 127
 *     when its program could not be executed or found
 * @param signalName such as {@code SIGKILL}, if a signal ended it
 * @param reason in words, if the step ended other than by its own exit: not found, out of memory,
 *     timed out, killed
 * @param outOfMemory whether the kernel killed a process of the step for the step's memory limit
 * @param timedOut whether the step's own time-out ended it
 * @param killed whether {@link RunningStep#kill} ended it
 * @param usage what it used
 */
public record StepResult(
    int exitCode,
    @Nullable String signalName,
    @Nullable String reason,
    boolean outOfMemory,
    boolean timedOut,
    boolean killed,
    ResourceUsage usage) {

  /** The signal that ended the first process, such as {@code SIGSEGV}. */
  public Optional<String> signal() {
    return Optional.ofNullable(signalName);
  }

  /** Why the step ended, where its exit code alone does not tell. */
  public Optional<String> explanation() {
    return Optional.ofNullable(reason);
  }

  /** Exit code 0, and nothing cut it short. */
  public boolean succeeded() {
    return exitCode == 0 && !timedOut && !killed;
  }
}
