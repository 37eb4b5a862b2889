package dev.jbuild.dockerfile.ignore;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A path pattern as a state machine that is run over a path once, keeping all states it can be in:
 * time is path length times pattern length at worst, whatever the stars.
 */
final class PathPattern {
  /** One step of the pattern. State i waits for step i; the state after the last one accepts. */
  private sealed interface Step {
    /** Whether the state is left without a character. */
    boolean optional();

    /** Whether the state is kept after {@code point}. */
    boolean stays(int point);

    /** Whether {@code point} leads to the next state. */
    boolean advances(int point);
  }

  /** One given character. */
  private record Literal(int point) implements Step {
    @Override
    public boolean optional() {
      return false;
    }

    @Override
    public boolean stays(int c) {
      return false;
    }

    @Override
    public boolean advances(int c) {
      return c == point;
    }
  }

  /** {@code ?} */
  private record One() implements Step {
    @Override
    public boolean optional() {
      return false;
    }

    @Override
    public boolean stays(int c) {
      return false;
    }

    @Override
    public boolean advances(int c) {
      return c != '/';
    }
  }

  /**
   * {@code [...]}. Like Go's, it may match a slash.
   *
   * @param ranges first and last character of each range
   */
  private record OneOf(boolean negated, List<int[]> ranges) implements Step {
    @Override
    public boolean optional() {
      return false;
    }

    @Override
    public boolean stays(int c) {
      return false;
    }

    @Override
    public boolean advances(int c) {
      return negated != ranges.stream().anyMatch(range -> range[0] <= c && c <= range[1]);
    }
  }

  /**
   * {@code *}, or any text.
   *
   * @param slashes whether slashes are matched too
   */
  private record Many(boolean slashes) implements Step {
    @Override
    public boolean optional() {
      return true;
    }

    @Override
    public boolean stays(int c) {
      return slashes || c != '/';
    }

    @Override
    public boolean advances(int c) {
      return false;
    }
  }

  /**
   * The inside of {@code **} before something: any text that ends in a slash. It is entered by way
   * of {@link Either}, which may also pass it over.
   */
  private record Directories() implements Step {
    @Override
    public boolean optional() {
      return false;
    }

    @Override
    public boolean stays(int c) {
      return true;
    }

    @Override
    public boolean advances(int c) {
      return c == '/';
    }
  }

  /** Leads without a character to the next state and to the one after it. */
  private record Either() implements Step {
    @Override
    public boolean optional() {
      return true;
    }

    @Override
    public boolean stays(int c) {
      return false;
    }

    @Override
    public boolean advances(int c) {
      return false;
    }
  }

  private final List<Step> steps;
  private final boolean literal;

  /** Every match contains this text: the longest row of literal characters. */
  private final String required;

  private PathPattern(List<Step> steps) {
    this.steps = List.copyOf(steps);
    this.literal = steps.stream().allMatch(step -> step instanceof Literal);
    this.required = longestLiteral(steps);
  }

  private static String longestLiteral(List<Step> steps) {
    String longest = "";
    StringBuilder row = new StringBuilder();
    for (Step step : steps) {
      if (step instanceof Literal it) {
        row.appendCodePoint(it.point());
      } else {
        row.setLength(0);
      }
      if (row.length() > longest.length()) {
        longest = row.toString();
      }
    }
    return longest;
  }

  /** Whether there is nothing but literal characters. */
  boolean isLiteral() {
    return literal;
  }

  /**
   * Go's {@code filepath.Match}.
   *
   * @throws IllegalArgumentException when the pattern is malformed
   */
  static PathPattern glob(String pattern) {
    return new PathPattern(new Compiler(pattern, false).compile());
  }

  /**
   * A pattern of .dockerignore: as a glob, and {@code **} is any number of directories.
   *
   * @throws IllegalArgumentException when the pattern is malformed
   */
  static PathPattern ignore(String pattern) {
    return new PathPattern(new Compiler(pattern, true).compile());
  }

  boolean matches(String path) {
    return path.contains(required) && run(path, null) == Outcome.MATCH;
  }

  /**
   * Which of the path and the directories above it match: bit 0 is the topmost directory. Null when
   * none does.
   */
  @Nullable BitSet matchedLevels(String path) {
    if (!path.contains(required)) {
      return null;
    }
    BitSet levels = new BitSet();
    run(path, levels);
    return levels.isEmpty() ? null : levels;
  }

  /** Whether some path below the directory {@code path} could match. */
  boolean mayMatchBelow(String path) {
    return run(path + "/", null) != Outcome.DEAD;
  }

  private enum Outcome {
    MATCH,
    ALIVE,
    DEAD
  }

  private Outcome run(String path, @Nullable BitSet levels) {
    int words = (steps.size() >> 6) + 1;
    long[] states = new long[words];
    long[] next = new long[words];
    enter(states, 0);
    int level = 0;
    int i = 0;
    while (i < path.length()) {
      int point = path.codePointAt(i);
      if (levels != null && point == '/') {
        levels.set(level++, isSet(states, steps.size()));
      }
      boolean alive = false;
      for (int word = 0; word < words; word++) {
        for (long bits = states[word]; bits != 0; bits &= bits - 1) {
          int state = (word << 6) + Long.numberOfTrailingZeros(bits);
          alive |= state < steps.size() && step(next, state, point);
        }
        states[word] = 0;
      }
      if (!alive) {
        return Outcome.DEAD;
      }
      long[] swap = states;
      states = next;
      next = swap;
      i += Character.charCount(point);
    }
    boolean match = isSet(states, steps.size());
    if (levels != null) {
      levels.set(level, match);
    }
    return match ? Outcome.MATCH : Outcome.ALIVE;
  }

  private boolean step(long[] next, int state, int point) {
    Step step = steps.get(state);
    boolean stays = step.stays(point);
    if (stays) {
      enter(next, state);
    }
    boolean advances = step.advances(point);
    if (advances) {
      enter(next, state + 1);
    }
    return stays || advances;
  }

  private void enter(long[] states, int first) {
    int state = first;
    while (!isSet(states, state)) {
      states[state >> 6] |= 1L << (state & 63);
      if (state == steps.size() || !steps.get(state).optional()) {
        return;
      }
      if (steps.get(state) instanceof Either) {
        int inside = state + 1;
        states[inside >> 6] |= 1L << (inside & 63);
        state += 2;
      } else {
        state++;
      }
    }
  }

  private static boolean isSet(long[] states, int state) {
    return (states[state >> 6] >>> (state & 63) & 1) != 0;
  }

  private static final class Compiler {
    private final int[] points;
    private final boolean doubleStars;
    private final List<Step> steps = new ArrayList<>();
    private int at;

    Compiler(String pattern, boolean doubleStars) {
      this.points = pattern.codePoints().toArray();
      this.doubleStars = doubleStars;
    }

    List<Step> compile() {
      while (at < points.length) {
        int point = points[at++];
        switch (point) {
          case '*' -> star();
          case '?' -> steps.add(new One());
          case '[' -> steps.add(oneOf());
          case '\\' -> {
            if (at == points.length) {
              throw new IllegalArgumentException("it ends in a backslash");
            }
            steps.add(new Literal(points[at++]));
          }
          default -> steps.add(new Literal(point));
        }
      }
      return steps;
    }

    private void star() {
      if (!doubleStars || at == points.length || points[at] != '*') {
        steps.add(new Many(false));
        return;
      }
      boolean first = at == 1;
      at++;
      boolean slash = at < points.length && points[at] == '/';
      if (slash) {
        at++;
      }
      if (at == points.length || (first && !slash && isRestPlain())) {
        // "dir/**" is everything below; "**name" any path that ends so.
        steps.add(new Many(true));
      } else {
        steps.add(new Either());
        steps.add(new Directories());
      }
    }

    private boolean isRestPlain() {
      for (int i = at; i < points.length; i++) {
        if ("*?[]\\".indexOf(points[i]) >= 0) {
          return false;
        }
      }
      return true;
    }

    private Step oneOf() {
      boolean negated = at < points.length && points[at] == '^';
      if (negated) {
        at++;
      }
      List<int[]> ranges = new ArrayList<>();
      while (true) {
        if (at < points.length && points[at] == ']' && !ranges.isEmpty()) {
          at++;
          return new OneOf(negated, ranges);
        }
        int low = classPoint();
        int high = low;
        if (at < points.length && points[at] == '-') {
          at++;
          high = classPoint();
          if (high < low) {
            // Of no use to anybody, and an error to BuildKit too.
            throw new IllegalArgumentException(
                "the range "
                    + Character.toString(low)
                    + "-"
                    + Character.toString(high)
                    + " runs backwards");
          }
        }
        ranges.add(new int[] {low, high});
      }
    }

    private int classPoint() {
      if (at == points.length) {
        throw new IllegalArgumentException("\"[\" is not closed");
      }
      if (points[at] == '-' || points[at] == ']') {
        throw new IllegalArgumentException(
            "\"" + Character.toString(points[at]) + "\" in brackets is not escaped");
      }
      if (points[at] == '\\') {
        at++;
        if (at == points.length) {
          throw new IllegalArgumentException("\"[\" is not closed");
        }
      }
      return points[at++];
    }
  }
}
