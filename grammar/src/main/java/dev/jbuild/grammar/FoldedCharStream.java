package dev.jbuild.grammar;

import org.antlr.v4.runtime.CharStream;
import org.antlr.v4.runtime.misc.Interval;

/**
 * Text as the lexers of this module see it: an alphabet of ASCII only, one symbol for each char of
 * the text.
 *
 * <ul>
 *   <li>The escape character of the file, backslash or backtick, is {@code \}; when it is the
 *       backtick, a backslash is {@code U+0004}.
 *   <li>Beyond ASCII, a letter is {@code U+0001}, a digit {@code U+0002}, a space {@code U+0003}
 *       and anything else {@code U+0004}.
 *   <li>A control character that separates nothing is {@code U+0005}.
 *   <li>All others stand for themselves.
 * </ul>
 *
 * <p>So the grammars need neither predicates for the escape character nor Unicode sets, and each
 * symbol hits an edge of the lexer's DFA, which ANTLR caches for ASCII alone. The text of a token
 * is taken from the text itself.
 */
public final class FoldedCharStream implements CharStream {
  private static final byte LETTER = 1;
  private static final byte DIGIT = 2;
  private static final byte SPACE = 3;
  private static final byte OTHER = 4;
  private static final byte CONTROL = 5;

  private final String text;
  private final byte[] symbols;
  private final int end;
  private int position;

  /**
   * @param text what is to be lexed
   * @param start where the stream begins; indexes stay those of {@code text}
   * @param end where it ends
   * @param escape backslash or backtick
   * @param quotes whether quotes are symbols; otherwise they are {@code U+0004}
   */
  public FoldedCharStream(String text, int start, int end, char escape, boolean quotes) {
    this.text = text;
    this.end = end;
    this.position = start;
    this.symbols = new byte[end];
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      symbols[i] = c < 0x80 ? ascii(c, escape, quotes) : wide(i);
    }
  }

  private static byte ascii(char c, char escape, boolean quotes) {
    if (c == '\\' || c == '`') {
      return c == escape ? (byte) '\\' : c == '`' ? (byte) c : OTHER;
    }
    if (c < ' ') {
      return c >= '\t' && c <= '\r' ? (byte) c : CONTROL;
    }
    if (!quotes && (c == '"' || c == '\'')) {
      return OTHER;
    }
    return c == 0x7f ? CONTROL : (byte) c;
  }

  private byte wide(int index) {
    int point = text.charAt(index);
    if (Character.isLowSurrogate((char) point) && index > 0) {
      point = text.codePointAt(index - 1) > 0xffff ? text.codePointAt(index - 1) : point;
    } else {
      point = text.codePointAt(index);
    }
    if (Character.isLetter(point)) {
      return LETTER;
    }
    if (Character.isDigit(point)) {
      return DIGIT;
    }
    return isSpace(point) ? SPACE : OTHER;
  }

  /** Whether {@code point} is white space as Go's {@code unicode.IsSpace} has it. */
  public static boolean isSpace(int point) {
    return point < 0x80
        ? point == ' ' || point >= '\t' && point <= '\r'
        : point == 0x85 || Character.isSpaceChar(point);
  }

  @Override
  public void consume() {
    position++;
  }

  @Override
  public int LA(int offset) {
    int index = position + (offset > 0 ? offset - 1 : offset);
    return index >= 0 && index < end ? symbols[index] : EOF;
  }

  @Override
  public int mark() {
    return -1;
  }

  @Override
  public void release(int marker) {}

  @Override
  public int index() {
    return position;
  }

  @Override
  public void seek(int index) {
    position = index;
  }

  @Override
  public int size() {
    return end;
  }

  @Override
  public String getSourceName() {
    return UNKNOWN_SOURCE_NAME;
  }

  @Override
  public String getText(Interval interval) {
    return text.substring(interval.a, Math.min(interval.b + 1, end));
  }
}
