package dev.jbuild.cli.progress;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** Text of any origin as cells of a terminal: no control character, no escape, a known width. */
final class TerminalText {
  /** Control sequences (ECMA-48 5.4), operating system commands, and other escapes. */
  private static final Pattern ESCAPES =
      Pattern.compile(
          "\u001b\\[[0-?]*[ -/]*[@-~]|\u001b[]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\\\)?"
              + "|\u001b[ -/]*[0-~]?");

  private TerminalText() {}

  /** What a step wrote, shown as text: a tab is a blank, what moves the cursor is gone. */
  static String plain(byte[] line) {
    return plain(new String(line, StandardCharsets.UTF_8));
  }

  static String plain(String line) {
    String text = line.indexOf('\u001b') < 0 ? line : ESCAPES.matcher(line).replaceAll("");
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints()
        .forEach(c -> {
          if (c == '\t') {
            shown.append(' ');
          } else if (!Character.isISOControl(c) && Character.getType(c) != Character.FORMAT) {
            shown.appendCodePoint(c);
          }
        });
    return shown.toString();
  }

  /** How many cells a plain text takes. */
  static int width(String text) {
    return text.codePoints().map(TerminalText::width).sum();
  }

  /** The beginning of a plain text that fits, with an ellipsis if that is not all of it. */
  static String cut(String text, int cells) {
    if (width(text) <= cells) {
      return text;
    }
    StringBuilder kept = new StringBuilder();
    int used = 0;
    for (int c : text.codePoints().toArray()) {
      used += width(c);
      if (used > cells - 1) {
        break;
      }
      kept.appendCodePoint(c);
    }
    return cells < 1 ? "" : kept.append('…').toString();
  }

  private static int width(int c) {
    int type = Character.getType(c);
    if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK) {
      return 0;
    }
    return isWide(c) ? 2 : 1;
  }

  /** The blocks that Unicode's EastAsianWidth has as wide, and emoji. */
  private static boolean isWide(int c) {
    return c >= 0x1100
        && (c <= 0x115f
            || (c >= 0x2e80 && c <= 0x303e)
            || (c >= 0x3041 && c <= 0xa4cf)
            || (c >= 0xac00 && c <= 0xd7a3)
            || (c >= 0xf900 && c <= 0xfaff)
            || (c >= 0xfe30 && c <= 0xfe6f)
            || (c >= 0xff00 && c <= 0xff60)
            || (c >= 0xffe0 && c <= 0xffe6)
            || (c >= 0x1f300 && c <= 0x1f64f)
            || (c >= 0x1f680 && c <= 0x1f6ff)
            || (c >= 0x1f900 && c <= 0x1f9ff)
            || (c >= 0x20000 && c <= 0x3fffd));
  }
}
