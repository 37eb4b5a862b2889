package dev.jbuild.engine.event;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened in a build. The terminal, the plain log, the JSON log and the HTTP stream
 * render these and nothing else.
 */
public sealed interface BuildEvent {

  /** When it happened. */
  Instant time();

  /**
   * The graph is known.
   *
   * @param buildId names this build in logs, the API and {@code jbuild explain}
   * @param steps every step the target needs, in Dockerfile order
   */
  record Planned(Instant time, String buildId, List<Step> steps) implements BuildEvent {
    public Planned {
      steps = List.copyOf(steps);
    }
  }

  /**
   * The first RUN is about to run, by this sandbox, as do all that follow.
   *
   * @param tier A, B or C: what the kernel grants
   * @param isolation as {@code --isolation} has it, never {@code auto}
   * @param reason why, such as "root with CAP_SYS_ADMIN"
   */
  record SandboxChosen(Instant time, String tier, String isolation, String reason)
      implements BuildEvent {}

  /** A step began to execute; it was not in the cache. {@code reason} says why, when known. */
  record StepStarted(Instant time, Step step, @Nullable String reason) implements BuildEvent {
    public Optional<String> missReason() {
      return Optional.ofNullable(reason);
    }
  }

  /**
   * A step's result was found; nothing ran. {@code from} names the cache, such as {@code local}.
   */
  record StepCached(Instant time, Step step, String from) implements BuildEvent {}

  /**
   * Bytes a RUN wrote. The array is the event's own.
   *
   * @param stderr true for standard error, false for standard output
   */
  record StepOutput(Instant time, Step step, boolean stderr, byte[] bytes) implements BuildEvent {}

  /**
   * Work with a known or unknown amount, such as a download.
   *
   * @param total bytes in all, or -1 when unknown
   */
  record StepProgress(Instant time, Step step, String what, long current, long total)
      implements BuildEvent {}

  /** A step ended well. */
  record StepFinished(Instant time, Step step, Duration took, @Nullable Usage usage)
      implements BuildEvent {
    public Optional<Usage> resources() {
      return Optional.ofNullable(usage);
    }
  }

  /** A step failed, or was cancelled because another one did. */
  record StepFailed(Instant time, Step step, Duration took, BuildFailure failure)
      implements BuildEvent {}

  /** Something a person should know that does not fail the build. */
  record Warning(Instant time, String message, @Nullable SourceSpan span) implements BuildEvent {
    public Optional<SourceSpan> source() {
      return Optional.ofNullable(span);
    }
  }

  /** The build ended well. Always the last event. */
  record Finished(Instant time, Duration took, BuildResult result) implements BuildEvent {}

  /** The build failed. Always the last event. */
  record Failed(Instant time, Duration took, BuildFailure failure) implements BuildEvent {}

  /**
   * What the processes of one RUN used.
   *
   * @param cpu user and system time
   * @param memoryPeak bytes, or -1 when it could not be measured
   * @param readBytes from block devices, or -1
   * @param writtenBytes to block devices, or -1
   * @param pidsPeak processes at once, or -1
   */
  record Usage(Duration cpu, long memoryPeak, long readBytes, long writtenBytes, long pidsPeak) {}
}
