package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** HEALTHCHECK. */
public record HealthcheckInstruction(InstructionLine line, Check check) implements Instruction {
  public HealthcheckInstruction {
    requireNonNull(line);
    requireNonNull(check);
  }

  /** What to check. */
  public sealed interface Check {}

  /** {@code HEALTHCHECK NONE}: drops the check of the base image. */
  public record None() implements Check {}

  /**
   * {@code HEALTHCHECK CMD}. The shell form is stored as CMD-SHELL and does not depend on SHELL.
   *
   * @param retries 0 when not given
   */
  public record Probe(
      CommandForm command,
      @Nullable Interval interval,
      @Nullable Interval timeout,
      @Nullable Interval startPeriod,
      @Nullable Interval startInterval,
      int retries)
      implements Check {}

  /**
   * A duration flag.
   *
   * @param written in Go's syntax, such as {@code 1m30s}
   * @param value zero, or at least a millisecond
   */
  public record Interval(Word written, Duration value) {}
}
