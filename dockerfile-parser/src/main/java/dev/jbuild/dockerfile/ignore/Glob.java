package dev.jbuild.dockerfile.ignore;

/**
 * A pattern of Go's {@code filepath.Match}, as COPY and ADD wildcards use it: {@code *} and {@code
 * ?} do not match {@code /}, {@code [a-z]} and {@code [^a-z]} are classes, a backslash escapes. A
 * match covers the whole name.
 *
 * <p>Immutable and thread-safe. Matching takes time in the product of both lengths at worst.
 */
public final class Glob {
  private final PathPattern pattern;

  private Glob(PathPattern pattern) {
    this.pattern = pattern;
  }

  /**
   * Compiles {@code pattern}.
   *
   * @throws IllegalArgumentException saying what is wrong when it is malformed
   */
  public static Glob of(String pattern) {
    return new Glob(PathPattern.glob(pattern));
  }

  /**
   * Whether {@code pattern} has any of {@code * ? [} that is not escaped: then it is no error that
   * nothing matches it.
   */
  public static boolean isWildcard(String pattern) {
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '*' || c == '?' || c == '[') {
        return true;
      }
    }
    return false;
  }

  /** Whether the whole of {@code name} matches. */
  public boolean matches(String name) {
    return pattern.matches(name);
  }
}
