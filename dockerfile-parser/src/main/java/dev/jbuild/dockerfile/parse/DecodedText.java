package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Word;
import java.util.Arrays;

/** Text with quotes removed, each character knowing its place in the logical line. */
final class DecodedText {
  private final LogicalLine line;
  private final String text;
  private final int[] offsets;

  /** Where it ends in the line. */
  private final int end;

  private DecodedText(LogicalLine line, String text, int[] offsets, int end) {
    this.line = line;
    this.text = text;
    this.offsets = offsets;
    this.end = end;
  }

  /**
   * A flag: single and double quotes go, the escape character makes the next character ordinary, in
   * quotes of either kind too.
   */
  static DecodedText ofFlag(LogicalLine line, int start, int end, char escape) {
    String raw = line.text();
    StringBuilder text = new StringBuilder(end - start);
    int[] offsets = new int[end - start];
    char quote = 0;
    for (int i = start; i < end; i++) {
      char c = raw.charAt(i);
      if (c == escape) {
        i++;
        if (i == end) {
          break;
        }
        c = raw.charAt(i);
      } else if (quote == 0 ? c == '"' || c == '\'' : c == quote) {
        quote = quote == 0 ? c : 0;
        continue;
      }
      offsets[text.length()] = i;
      text.append(c);
    }
    return new DecodedText(line, text.toString(), Arrays.copyOf(offsets, text.length()), end);
  }

  String text() {
    return text;
  }

  /** The characters from {@code from} to before {@code to}. */
  DecodedText part(int from, int to) {
    int partEnd = to < text.length() ? offsets[to] : end;
    return new DecodedText(
        line, text.substring(from, to), Arrays.copyOfRange(offsets, from, to), partEnd);
  }

  Word word() {
    return new Word(text, span());
  }

  SourceSpan span() {
    return text.isEmpty()
        ? line.span(Math.max(0, end - 1), end)
        : line.span(offsets[0], offsets[text.length() - 1] + 1);
  }
}
