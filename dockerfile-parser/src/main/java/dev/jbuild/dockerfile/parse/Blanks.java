package dev.jbuild.dockerfile.parse;

import dev.jbuild.grammar.FoldedCharStream;

/** White space as Go's {@code unicode.IsSpace} has it. */
final class Blanks {
  private Blanks() {}

  /** The first offset from {@code start} that is not white space, or {@code end}. */
  static int skip(String text, int start, int end) {
    int at = start;
    while (at < end && FoldedCharStream.isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /** The offset after the last character before {@code end} that is not white space. */
  static int skipBack(String text, int start, int end) {
    int at = end;
    while (at > start && FoldedCharStream.isSpace(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }
}
