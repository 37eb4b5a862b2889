package dev.jbuild.dockerfile.ast;

import dev.jbuild.grammar.FoldedCharStream;

/**
 * White space as Go's {@code unicode.IsSpace} has it, which BuildKit trims with: Java's {@code
 * strip} leaves a no-break space and removes some control characters.
 */
public final class Blanks {
  private Blanks() {}

  /** The first offset from {@code start} that is not white space, or {@code end}. */
  public static int skip(String text, int start, int end) {
    int at = start;
    while (at < end && FoldedCharStream.isSpace(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /** The offset after the last character before {@code end} that is not white space. */
  public static int skipBack(String text, int start, int end) {
    int at = end;
    while (at > start && FoldedCharStream.isSpace(text.charAt(at - 1))) {
      at--;
    }
    return at;
  }

  /** {@code text} without white space at both ends. */
  public static String strip(String text) {
    int start = skip(text, 0, text.length());
    return text.substring(start, skipBack(text, start, text.length()));
  }

  /** {@code text} without white space at its start. */
  public static String stripLeading(String text) {
    return text.substring(skip(text, 0, text.length()));
  }

  /** {@code text} without white space at its end. */
  public static String stripTrailing(String text) {
    return text.substring(0, skipBack(text, 0, text.length()));
  }
}
