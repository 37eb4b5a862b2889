package dev.jbuild.engine;

import dev.jbuild.dockerfile.ast.SourceSpan;
import org.jspecify.annotations.Nullable;

/** A RUN step ended with a code other than 0, or was killed. */
public final class RunFailure extends LocatedFailure {
  private final int exitCode;
  private final String lastOutput;

  public RunFailure(
      String message,
      SourceSpan span,
      String excerpt,
      int exitCode,
      String lastOutput,
      @Nullable String hint) {
    super(Kind.USER, message, span, excerpt, hint, null);
    this.exitCode = exitCode;
    this.lastOutput = lastOutput;
  }

  /** 1 to 255; 128 plus the signal's number when a signal ended the step. */
  public int exitCode() {
    return exitCode;
  }

  /** The last lines the step wrote; may be empty. */
  public String lastOutput() {
    return lastOutput;
  }
}
