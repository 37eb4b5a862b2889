package dev.jbuild.dockerfile.ignore;

import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.Quoted;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A .dockerignore: patterns of which the last that matches a path, or a directory above it,
 * decides.
 *
 * <p>Lines: a {@code #} in column one makes a comment; blanks around a pattern go; it is cleaned as
 * a path; a leading {@code /} means nothing; {@code !} takes back; {@code **} is any number of
 * directories. {@code **name} is any path that ends in it, {@code dir/**} all that is below.
 *
 * <p>Immutable and thread-safe. Matching takes time linear in path length times patterns.
 */
public final class IgnoreMatcher {
  private record Rule(String text, PathPattern pattern, boolean negated) {
    /** The levels of {@code path} that match, from the topmost directory on; null for none. */
    @Nullable BitSet matchedLevels(String path) {
      if (!pattern.isLiteral()) {
        return pattern.matchedLevels(path);
      }
      boolean match =
          path.startsWith(text)
              && (path.length() == text.length() || path.charAt(text.length()) == '/');
      if (!match) {
        return null;
      }
      BitSet levels = new BitSet();
      levels.set((int) text.chars().filter(c -> c == '/').count());
      return levels;
    }

    boolean mayMatchBelow(String directory) {
      return pattern.isLiteral()
          ? text.startsWith(directory + "/")
          : pattern.mayMatchBelow(directory);
    }
  }

  private final List<Rule> rules;
  private final boolean negations;

  private IgnoreMatcher(List<Rule> rules) {
    this.rules = List.copyOf(rules);
    this.negations = rules.stream().anyMatch(Rule::negated);
  }

  /**
   * Reads a .dockerignore file; a byte order mark is skipped.
   *
   * @throws PatternException naming the line when a pattern is malformed
   */
  public static IgnoreMatcher parse(String text) {
    List<Rule> rules = new ArrayList<>();
    String[] lines = (text.startsWith("\uFEFF") ? text.substring(1) : text).split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      if (!lines[i].startsWith("#")) {
        add(rules, lines[i], i + 1);
      }
    }
    return new IgnoreMatcher(rules);
  }

  /**
   * Takes patterns one by one, as {@code --exclude} gives them: no comments, otherwise the same.
   *
   * @throws PatternException when a pattern is malformed
   */
  public static IgnoreMatcher of(List<String> patterns) {
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < patterns.size(); i++) {
      add(rules, patterns.get(i), i + 1);
    }
    return new IgnoreMatcher(rules);
  }

  private static void add(List<Rule> rules, String written, int line) {
    String pattern = Blanks.strip(written);
    boolean negated = pattern.startsWith("!");
    if (negated) {
      pattern = Blanks.strip(pattern.substring(1));
      if (pattern.isEmpty()) {
        throw new PatternException(line, "pattern \"!\" takes back nothing");
      }
    }
    if (pattern.isEmpty()) {
      return;
    }
    pattern = clean(pattern);
    try {
      PathPattern compiled = PathPattern.ignore(pattern);
      String text = compiled.isLiteral() ? pattern.replaceAll("\\\\(.)", "$1") : pattern;
      rules.add(new Rule(text, compiled, negated));
    } catch (IllegalArgumentException e) {
      throw new PatternException(
          line, "malformed pattern " + Quoted.of(Blanks.strip(written)) + ": " + e.getMessage());
    }
  }

  /** Go's {@code filepath.Clean}, then without a leading slash. */
  private static String clean(String pattern) {
    boolean rooted = pattern.startsWith("/");
    Deque<String> parts = new ArrayDeque<>();
    for (String part : pattern.split("/", -1)) {
      if (part.equals("..") && !parts.isEmpty() && !parts.getLast().equals("..")) {
        parts.removeLast();
      } else if (!part.isEmpty() && !part.equals(".") && !(part.equals("..") && rooted)) {
        parts.add(part);
      }
    }
    return parts.isEmpty() ? (rooted ? "/" : ".") : String.join("/", parts);
  }

  /**
   * Whether {@code path} is left out. Of {@code a/b} and then {@code !a}, the second takes nothing
   * back: it is tried on {@code a}, which is not left out, and no more below it, as in BuildKit.
   */
  public boolean excluded(String path) {
    return decidingExclusion(path) >= 0;
  }

  /** What to do with {@code path}; for a directory it tells whether the walk must go into it. */
  public Verdict verdict(String path) {
    int deciding = decidingExclusion(path);
    if (deciding < 0) {
      return Verdict.INCLUDED;
    }
    // What stands before the deciding pattern is overruled by it for all that is below.
    for (int i = deciding + 1; i < rules.size(); i++) {
      if (rules.get(i).negated() && rules.get(i).mayMatchBelow(path)) {
        return Verdict.EXCLUDED;
      }
    }
    return Verdict.PRUNED;
  }

  /**
   * The rule that leaves {@code path} out, or -1 when it is part of the context.
   *
   * <p>The path is walked from the top as BuildKit walks directories, each level beginning with the
   * rules that matched the one above. A rule is tried on a level only where it would change
   * something: a {@code !dir} that had nothing to take back at {@code dir} itself does not take
   * back what is left out further down.
   */
  private int decidingExclusion(String path) {
    @Nullable BitSet[] levels = new BitSet[rules.size()];
    boolean any = false;
    for (int i = 0; i < levels.length; i++) {
      levels[i] = rules.get(i).matchedLevels(path);
      any |= levels[i] != null;
    }
    if (!any) {
      return -1;
    }
    int depth = (int) path.chars().filter(c -> c == '/').count();
    boolean[] matched = new boolean[levels.length];
    int deciding = -1;
    for (int level = 0; level <= depth; level++) {
      deciding = -1;
      for (int i = 0; i < levels.length; i++) {
        boolean negated = rules.get(i).negated();
        BitSet direct = levels[i];
        if (!matched[i] && direct != null && negated == (deciding >= 0)) {
          matched[i] = direct.get(level);
        }
        if (matched[i]) {
          deciding = negated ? -1 : i;
        }
      }
    }
    return deciding;
  }

  /** Whether any pattern begins with {@code !}. */
  public boolean hasNegations() {
    return negations;
  }

  /** Whether there are no patterns at all. */
  public boolean isEmpty() {
    return rules.isEmpty();
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
