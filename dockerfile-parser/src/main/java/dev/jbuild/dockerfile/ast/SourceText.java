package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Source text with its line structure.
 *
 * <p>{@link #decode} and {@link #encode} are inverse to each other for every sequence of bytes: a
 * byte that is not part of valid UTF-8 becomes a lone surrogate U+DC00 plus the byte, which no
 * valid UTF-8 decodes to.
 */
public final class SourceText {
  private final String text;
  private final int[] lineStarts;

  /** Where the second char of each code point beyond U+FFFF is. */
  private final int[] seconds;

  private SourceText(String text) {
    this.text = requireNonNull(text);
    int[] starts = new int[16];
    int count = 1;
    for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, count * 2);
      }
      starts[count++] = i + 1;
    }
    this.lineStarts = Arrays.copyOf(starts, count);
    this.seconds =
        IntStream.range(1, text.length())
            .filter(i -> Character.isSurrogatePair(text.charAt(i - 1), text.charAt(i)))
            .toArray();
  }

  /** Text as it is. */
  public static SourceText of(String text) {
    return new SourceText(text);
  }

  /** Decodes {@code bytes}, a leading byte order mark dropped. */
  public static SourceText of(byte[] bytes) {
    String text = decode(bytes);
    return new SourceText(text.startsWith("\uFEFF") ? text.substring(1) : text);
  }

  /** The whole text. */
  public String text() {
    return text;
  }

  /** Number of lines; what follows the last newline is a line, even when empty. */
  public int lineCount() {
    return lineStarts.length;
  }

  /** Offset of the first character of {@code line}, which counts from 1. */
  public int lineStart(int line) {
    return lineStarts[line - 1];
  }

  /** The line without its line end; {@code line} counts from 1. */
  public String line(int line) {
    int end = line < lineStarts.length ? lineStarts[line] - 1 : text.length();
    int start = lineStarts[line - 1];
    while (end > start && text.charAt(end - 1) == '\r') {
      end--;
    }
    return text.substring(start, end);
  }

  /** The span of the chars from {@code start} to before {@code end}, which is at least one char. */
  public SourceSpan span(String file, int start, int end) {
    int last = Math.max(start, end - 1);
    int startLine = lineAt(start);
    int endLine = last == start ? startLine : lineAt(last);
    return new SourceSpan(
        file,
        startLine,
        column(startLine, start),
        endLine,
        end > start ? column(endLine, last) + 1 : column(endLine, last));
  }

  /** The text of {@code span}, line ends included. */
  public String slice(SourceSpan span) {
    return text.substring(
        offset(span.startLine(), span.startColumn()), offset(span.endLine(), span.endColumn()));
  }

  private int offset(int line, int column) {
    int start = lineStarts[line - 1];
    return seconds.length == 0 ? start + column - 1 : text.offsetByCodePoints(start, column - 1);
  }

  private int lineAt(int offset) {
    int found = Arrays.binarySearch(lineStarts, offset);
    return found >= 0 ? found + 1 : -found - 1;
  }

  private int column(int line, int offset) {
    int start = lineStarts[line - 1];
    int column = offset - start + 1;
    return seconds.length == 0 ? column : column - (secondsUpTo(offset) - secondsUpTo(start));
  }

  private int secondsUpTo(int offset) {
    int found = Arrays.binarySearch(seconds, offset);
    return found >= 0 ? found + 1 : -found - 1;
  }

  /**
   * {@code text} as it can be written in UTF-8: stray bytes become U+FFFD, as they do in the
   * configs that BuildKit writes.
   */
  public static String printable(String text) {
    StringBuilder out = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean second = i > 0 && Character.isSurrogatePair(text.charAt(i - 1), c);
      boolean first = i + 1 < text.length() && Character.isSurrogatePair(c, text.charAt(i + 1));
      if (Character.isSurrogate(c) && !first && !second) {
        out = out == null ? new StringBuilder(text) : out;
        out.setCharAt(i, '\uFFFD');
      }
    }
    return out == null ? text : out.toString();
  }

  /** Bytes to text without loss. */
  public static String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException e) {
      return decodeBroken(bytes);
    }
  }

  private static String decodeBroken(byte[] bytes) {
    var decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    while (decoder.decode(in, out, true).isError()) {
      out.put((char) (0xDC00 + (in.get() & 0xFF)));
      decoder.reset();
    }
    return out.flip().toString();
  }

  /** Text to bytes: the inverse of {@link #decode}. */
  public static byte[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // String.getBytes writes '?' for a lone surrogate: only then is the slow way needed.
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (c >= 0xDC80 && c <= 0xDCFF) {
        return encodeBroken(text);
      }
    }
    return bytes;
  }

  private static byte[] encodeBroken(String text) {
    byte[] out = new byte[text.length() * 3];
    int size = 0;
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      boolean broken =
          i < text.length()
              && text.charAt(i) >= 0xDC80
              && text.charAt(i) <= 0xDCFF
              && (i == from || !Character.isHighSurrogate(text.charAt(i - 1)));
      if (broken || i == text.length()) {
        byte[] valid = text.substring(from, i).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(valid, 0, out, size, valid.length);
        size += valid.length;
        from = i + 1;
      }
      if (broken) {
        out[size++] = (byte) (text.charAt(i) - 0xDC00);
      }
    }
    return Arrays.copyOf(out, size);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SourceText that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
