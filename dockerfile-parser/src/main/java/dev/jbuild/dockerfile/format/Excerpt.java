package dev.jbuild.dockerfile.format;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;

/** The lines around a span, the span marked by carets. */
public final class Excerpt {
  /** Longer lines are cut around the caret. */
  private static final int WIDTH = 160;

  private Excerpt() {}

  /** The line before the span if there is one, the first line of the span, and the carets. */
  public static String of(SourceText source, SourceSpan span) {
    int line = span.startLine();
    if (line > source.lineCount()) {
      return "";
    }
    int digits = Math.max(4, String.valueOf(line).length());
    StringBuilder out = new StringBuilder();
    if (line > 1) {
      out.append(("  %" + digits + "d | ").formatted(line - 1));
      out.append(cut(printable(source.line(line - 1)), 0)).append('\n');
    }
    String text = printable(source.line(line));
    int start = Math.min(text.codePointCount(0, text.length()), span.startColumn() - 1);
    int from = start > WIDTH - 20 ? start - WIDTH / 2 : 0;
    int length = text.codePointCount(0, text.length());
    int end = span.endLine() == line ? span.endColumn() - 1 : length;
    int carets = Math.max(1, Math.min(end, from + WIDTH) - start);
    out.append(("> %" + digits + "d | ").formatted(line)).append(cut(text, from)).append('\n');
    out.append("  ").append(" ".repeat(digits)).append(" | ");
    int[] points = text.codePoints().toArray();
    for (int i = from; i < start; i++) {
      // A tab stays a tab, so that the carets stand below what they mark.
      out.append(points[i] == '\t' ? '\t' : ' ');
    }
    return out.append("^".repeat(carets)).append('\n').toString();
  }

  private static String cut(String text, int from) {
    int length = text.codePointCount(0, text.length());
    int start = text.offsetByCodePoints(0, Math.min(from, length));
    int end = text.offsetByCodePoints(0, Math.min(from + WIDTH, length));
    return text.substring(start, end);
  }

  private static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    SourceText.printable(text)
        .codePoints()
        .map(point -> point != '\t' && Character.isISOControl(point) ? 0xFFFD : point)
        .forEach(out::appendCodePoint);
    return out.toString();
  }
}
