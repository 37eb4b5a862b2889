package dev.jbuild.dockerfile.expand;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The pattern of {@code ${v#p}}, {@code ${v%p}} and {@code ${v/p/r}}: {@code *} is any text without
 * a newline, {@code ?} any one character but a newline, a backslash escapes {@code * ? \ } and may
 * stand before the delimiters <code>}</code> and {@code /}. There are no brackets.
 *
 * <p>It is a row of literal segments with stars between. As all stars of one use are greedy, or all
 * lazy, each segment but the last may be taken at its first place, so nothing is ever tried twice.
 */
final class ShellPattern {
  /** A code point that is no character stands for {@code ?} within a segment. */
  private static final int ANY = -1;

  private final List<int[]> segments;

  private ShellPattern(List<int[]> segments) {
    this.segments = segments;
  }

  /**
   * @throws IllegalArgumentException saying what is wrong with the escape
   */
  static ShellPattern of(String pattern) {
    List<int[]> segments = new ArrayList<>();
    int[] points = pattern.codePoints().toArray();
    int[] segment = new int[points.length];
    int size = 0;
    for (int i = 0; i < points.length; i++) {
      int point = points[i];
      if (point == '*') {
        segments.add(Arrays.copyOf(segment, size));
        size = 0;
      } else if (point == '?') {
        segment[size++] = ANY;
      } else if (point == '\\') {
        i++;
        if (i == points.length || "*?\\}/".indexOf(points[i]) < 0) {
          throw new IllegalArgumentException(
              i == points.length
                  ? "it ends in a backslash"
                  : "\"\\" + Character.toString(points[i]) + "\" is not an escape");
        }
        segment[size++] = points[i];
      } else {
        segment[size++] = point;
      }
    }
    segments.add(Arrays.copyOf(segment, size));
    return new ShellPattern(segments);
  }

  /** {@code text} without the shortest or longest match at its start. */
  String removePrefix(String text, boolean longest) {
    int[] points = text.codePoints().toArray();
    int end = matchAt(points, 0, longest);
    return end < 0 ? text : new String(points, end, points.length - end);
  }

  /** {@code text} without the shortest or longest match at its end. */
  String removeSuffix(String text, boolean longest) {
    List<int[]> mirrored = segments.stream().map(ShellPattern::reverse).toList().reversed();
    int[] points = reverse(text.codePoints().toArray());
    int end = new ShellPattern(mirrored).matchAt(points, 0, longest);
    return end < 0 ? text : new String(reverse(points), 0, points.length - end);
  }

  /** {@code text} with the first or all longest matches replaced. */
  String replace(String text, String replacement, boolean all) {
    int[] points = text.codePoints().toArray();
    StringBuilder out = new StringBuilder();
    int from = 0;
    int last = -1;
    while (from <= points.length) {
      long match = find(points, from);
      if (match < 0) {
        break;
      }
      int start = (int) (match >>> 32);
      int end = (int) match;
      append(out, points, from, start);
      // As Go's regexp has it, an empty match right after a match does not count.
      if (end > start || start != last) {
        out.append(replacement);
      }
      last = end;
      from = end;
      if (end == start) {
        append(out, points, end, Math.min(end + 1, points.length));
        from = end + 1;
      }
      if (!all) {
        break;
      }
    }
    append(out, points, Math.min(from, points.length), points.length);
    return out.toString();
  }

  private static void append(StringBuilder out, int[] points, int from, int to) {
    for (int i = from; i < to; i++) {
      out.appendCodePoint(points[i]);
    }
  }

  /** The leftmost match from {@code from} as start and end in one long, or -1. */
  private long find(int[] text, int from) {
    int start = from;
    while (true) {
      start = indexOf(text, segments.getFirst(), start, text.length);
      if (start < 0) {
        return -1;
      }
      int end = matchAt(text, start, true);
      if (end >= 0) {
        return (long) start << 32 | end;
      }
      if (segments.size() > 1) {
        // What the stars could not reach from here, they reach from behind the next newline only.
        int newline = indexOf(text, new int[] {'\n'}, start, text.length);
        if (newline < 0) {
          return -1;
        }
        start = Math.max(start + 1, newline + 1 - segments.getFirst().length);
      } else {
        start++;
      }
    }
  }

  /** The end of the match that begins at {@code start}, or -1. */
  private int matchAt(int[] text, int start, boolean longest) {
    int[] first = segments.getFirst();
    if (!matches(text, first, start)) {
      return -1;
    }
    int at = start + first.length;
    for (int i = 1; i < segments.size(); i++) {
      int[] segment = segments.get(i);
      // The star may reach up to the next newline, and the segment begins there at the latest.
      int limit = at;
      if (segment.length > 0 || longest) {
        int newline = indexOf(text, new int[] {'\n'}, at, text.length);
        limit = newline < 0 ? text.length : newline;
      }
      int bound = Math.min(text.length, limit + segment.length);
      boolean last = i == segments.size() - 1;
      int found =
          last && longest
              ? lastIndexOf(text, segment, at, bound)
              : indexOf(text, segment, at, bound);
      if (found < 0) {
        return -1;
      }
      at = found + segment.length;
    }
    return at;
  }

  private static int indexOf(int[] text, int[] segment, int from, int bound) {
    for (int i = from; i + segment.length <= bound; i++) {
      if (matches(text, segment, i)) {
        return i;
      }
    }
    return -1;
  }

  private static int lastIndexOf(int[] text, int[] segment, int from, int bound) {
    for (int i = bound - segment.length; i >= from; i--) {
      if (matches(text, segment, i)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean matches(int[] text, int[] segment, int at) {
    if (at + segment.length > text.length) {
      return false;
    }
    for (int i = 0; i < segment.length; i++) {
      int point = text[at + i];
      if (segment[i] == ANY ? point == '\n' : point != segment[i]) {
        return false;
      }
    }
    return true;
  }

  private static int[] reverse(int[] points) {
    int[] out = new int[points.length];
    for (int i = 0; i < points.length; i++) {
      out[points.length - 1 - i] = points[i];
    }
    return out;
  }
}
