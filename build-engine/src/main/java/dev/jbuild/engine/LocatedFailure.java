package dev.jbuild.engine;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.failure.BuildFailure;
import org.jspecify.annotations.Nullable;

/**
 * A failure at a place in a Dockerfile.
 *
 * <p>{@link #text()} is the message alone; front ends put {@code file:line:column:} before it and
 * the {@link #excerpt()} after it.
 */
public class LocatedFailure extends BuildFailure {
  private final SourceSpan span;
  private final String excerpt;

  public LocatedFailure(
      Kind kind,
      String message,
      SourceSpan span,
      String excerpt,
      @Nullable String hint,
      @Nullable Throwable cause) {
    super(kind, message, hint, cause);
    this.span = span;
    this.excerpt = excerpt;
  }

  public final SourceSpan span() {
    return span;
  }

  /** The lines around the place with a mark and a caret, ready to print; ends without a newline. */
  public final String excerpt() {
    return excerpt;
  }
}
