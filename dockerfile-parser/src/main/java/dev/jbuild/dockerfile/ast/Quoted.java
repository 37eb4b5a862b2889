package dev.jbuild.dockerfile.ast;

/** User text as messages show it. */
public final class Quoted {
  private static final int MAX_LENGTH = 80;

  private Quoted() {}

  /**
   * {@code text} in double quotes on one line: control characters and stray bytes are written as
   * escapes, and a long text is cut with an ellipsis.
   */
  public static String of(String text) {
    StringBuilder out = new StringBuilder().append('"');
    int i = 0;
    while (i < text.length() && out.length() <= MAX_LENGTH) {
      int point = text.codePointAt(i);
      append(out, point);
      i += Character.charCount(point);
    }
    return out.append(i < text.length() ? "…\"" : "\"").toString();
  }

  /** As {@link #of}, without the quotes. */
  public static String inner(String text) {
    String quoted = of(text);
    return quoted.substring(1, quoted.length() - 1);
  }

  private static void append(StringBuilder out, int point) {
    if (point == '\n') {
      out.append("\\n");
    } else if (point == '\t') {
      out.append("\\t");
    } else if (point == '\r') {
      out.append("\\r");
    } else if (point >= 0xDC80 && point <= 0xDCFF) {
      out.append("\\x%02x".formatted(point - 0xDC00));
    } else if (Character.isISOControl(point) || (point >= 0xD800 && point <= 0xDFFF)) {
      out.append("\\u%04x".formatted(point));
    } else if (Character.getType(point) == Character.FORMAT
        || (Character.isSpaceChar(point) && point != ' ')) {
      // Invisible or deceiving: a no-break space, a bidirectional override.
      out.append("\\u%04x".formatted(point));
    } else {
      out.appendCodePoint(point);
    }
  }
}
