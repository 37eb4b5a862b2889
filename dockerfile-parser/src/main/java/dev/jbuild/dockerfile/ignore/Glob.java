package dev.jbuild.dockerfile.ignore;

/**
 * A pattern of Go's {@code filepath.Match}, as COPY and ADD wildcards use it: {@code *} and {@code
 * ?} do not match {@code /}, {@code [a-z]} and {@code [^a-z]} are classes, a backslash escapes. A
 * match covers the whole name.
 *
 * <p>Immutable and thread-safe. Matching is at most quadratic in the pattern's parts, never
 * exponential.
 */
public final class Glob {
  private Glob() {}

  /**
   * Compiles {@code pattern}.
   *
   * @throws IllegalArgumentException when it is malformed
   */
  public static Glob of(String pattern) {
    return Pending.pending();
  }

  /** Whether {@code pattern} has any of {@code * ? [}, so that no match of it is an error. */
  public static boolean isWildcard(String pattern) {
    return Pending.pending();
  }

  /** Whether the whole of {@code name} matches. */
  public boolean matches(String name) {
    return Pending.pending();
  }
}
