package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Something to tell the author of a Dockerfile.
 *
 * @param span where
 * @param message what is wrong: lower case, without position
 * @param hint what to do about it, if that is known
 * @param rule the lint rule, or null for an error of the language itself
 */
public record Diagnostic(
    SourceSpan span,
    Severity severity,
    String message,
    @Nullable String hint,
    @Nullable String rule) {
  public Diagnostic {
    requireNonNull(span);
    requireNonNull(severity);
    requireNonNull(message);
  }

  /** How much it matters. */
  public enum Severity {
    /** The file cannot be built. */
    ERROR,
    /** It builds, and probably does not do what is wanted. */
    WARNING
  }

  /** An error of the language. */
  public static Diagnostic error(SourceSpan span, String message, @Nullable String hint) {
    return new Diagnostic(span, Severity.ERROR, message, hint, null);
  }

  /** {@code file:line:column: message}. */
  @Override
  public String toString() {
    return span + ": " + message;
  }
}
