package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;

/** The lines around a place in a Dockerfile, marked, with a caret under the place. */
public final class Excerpt {
  private static final int LONGEST = 12;

  private Excerpt() {}

  /** Ends without a newline; a long instruction is shown by its first lines. */
  public static String of(SourceText source, SourceSpan span) {
    int first = Math.min(span.startLine(), source.lineCount());
    int last = Math.min(Math.min(span.endLine(), first + LONGEST - 1), source.lineCount());
    int width = String.valueOf(last).length();
    StringBuilder text = new StringBuilder();
    if (first > 1 && !source.line(first - 1).isBlank()) {
      line(text, "  ", width, first - 1, source.line(first - 1));
    }
    for (int number = first; number <= last; number++) {
      line(text, "> ", width, number, source.line(number));
      if (number == first) {
        caret(text, width, source.line(number), span);
      }
    }
    text.setLength(text.length() - 1);
    return text.toString();
  }

  private static void line(StringBuilder text, String mark, int width, int number, String line) {
    text.append(mark)
        .append(String.format("%" + width + "d", number))
        .append(" | ")
        .append(line)
        .append('\n');
  }

  private static void caret(StringBuilder text, int width, String line, SourceSpan span) {
    int length = line.codePointCount(0, line.length());
    int start = Math.min(span.startColumn(), length + 1);
    int end = span.endLine() == span.startLine() ? span.endColumn() : length + 1;
    text.append(" ".repeat(width + 2)).append(" | ");
    // Tabs are kept, so that the caret stands under its place at any tab width.
    line.codePoints().limit(start - 1L).forEach(point -> text.append(point == '\t' ? '\t' : ' '));
    text.append("^".repeat(Math.max(1, end - start))).append('\n');
  }
}
