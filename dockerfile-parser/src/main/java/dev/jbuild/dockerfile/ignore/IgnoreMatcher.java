package dev.jbuild.dockerfile.ignore;

import java.util.List;

/**
 * A .dockerignore: patterns of which the last that matches a path, or a directory above it,
 * decides.
 *
 * <p>Lines: a {@code #} in column one makes a comment; blanks around a pattern go; it is cleaned as
 * a path; a leading {@code /} means nothing; {@code !} takes back; {@code **} is any number of
 * directories.
 *
 * <p>Immutable and thread-safe. Matching takes time linear in path length times patterns.
 */
public final class IgnoreMatcher {
  private IgnoreMatcher() {}

  /**
   * Reads a .dockerignore file; a byte order mark is skipped.
   *
   * @throws PatternException naming the line when a pattern is malformed
   */
  public static IgnoreMatcher parse(String text) {
    return Pending.pending();
  }

  /**
   * Takes patterns one by one, as {@code --exclude} gives them: no comments, otherwise the same.
   *
   * @throws PatternException when a pattern is malformed
   */
  public static IgnoreMatcher of(List<String> patterns) {
    return Pending.pending();
  }

  /** Whether {@code path} is left out. */
  public boolean excluded(String path) {
    return verdict(path) != Verdict.INCLUDED;
  }

  /** What to do with {@code path}; for a directory it tells whether the walk must go into it. */
  public Verdict verdict(String path) {
    return Pending.pending();
  }

  /** Whether any pattern begins with {@code !}. */
  public boolean hasNegations() {
    return Pending.pending();
  }

  /** What a walk does with a path. */
  public enum Verdict {
    /** It is part of the context. */
    INCLUDED,
    /** It is left out, but were it a directory, something below may come back by a {@code !}. */
    EXCLUDED,
    /** It is left out with everything below: a walk need not enter it. */
    PRUNED
  }

  /** A malformed pattern. */
  public static final class PatternException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int line;

    PatternException(int line, String message) {
      super(message);
      this.line = line;
    }

    /** The line of the file, or the position in the list, from 1. */
    public int line() {
      return line;
    }
  }
}
