package dev.jbuild.engine.plan;

import dev.jbuild.oci.Healthcheck;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Values as Go's {@code fmt} prints them: BuildKit writes them so into image history, and tools
 * compare it.
 */
final class GoFormat {
  private GoFormat() {}

  /** {@code %q} of a list of strings: {@code ["a" "b"]}. */
  static String quoted(List<String> words) {
    return words.stream().map(GoFormat::quote).collect(Collectors.joining(" ", "[", "]"));
  }

  /** {@code %v} of a list of strings: {@code [a b]}. */
  static String plain(List<String> words) {
    return "[" + String.join(" ", words) + "]";
  }

  /** {@code %q} of a pointer to a health check; {@code %q} makes its number a character. */
  static String healthcheck(Healthcheck check) {
    return "&{%s %s %s %s %s '%s'}"
        .formatted(
            quoted(check.test()),
            quote(duration(check.interval())),
            quote(duration(check.timeout())),
            quote(duration(check.startPeriod())),
            quote(duration(check.startInterval())),
            character(check.retries()));
  }

  /** As in {@code strconv.QuoteRune}, without the quotes around it. */
  private static String character(int point) {
    if (point == '\'') {
      return "\\'";
    }
    StringBuilder out = new StringBuilder();
    if (point == '"') {
      return out.append('"').toString();
    }
    quote(out, point);
    return out.toString();
  }

  /** {@code Duration.String()}: {@code 1h30m0s}, {@code 1.5s}, {@code 250ms}. */
  static String duration(Duration value) {
    long nanos = value.toNanos();
    if (nanos == 0) {
      return "0s";
    }
    if (nanos < 1_000) {
      return nanos + "ns";
    }
    if (nanos < 1_000_000) {
      return decimal(nanos, 1_000) + "µs";
    }
    if (nanos < 1_000_000_000) {
      return decimal(nanos, 1_000_000) + "ms";
    }
    long hours = value.toHours();
    long minutes = value.toMinutes();
    String seconds = decimal(nanos - minutes * 60_000_000_000L, 1_000_000_000) + "s";
    if (hours > 0) {
      return hours + "h" + (minutes - hours * 60) + "m" + seconds;
    }
    return minutes > 0 ? minutes + "m" + seconds : seconds;
  }

  private static String decimal(long value, long unit) {
    long rest = value % unit;
    if (rest == 0) {
      return String.valueOf(value / unit);
    }
    String digits = String.valueOf(unit + rest).substring(1).replaceAll("0+$", "");
    return value / unit + "." + digits;
  }

  /** {@code strconv.Quote}. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    text.codePoints().forEach(point -> quote(out, point));
    return out.append('"').toString();
  }

  private static void quote(StringBuilder out, int point) {
    switch (point) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case 7 -> out.append("\\a");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case 11 -> out.append("\\v");
      default -> {
        if (point < ' ' || point == 0x7f) {
          out.append(String.format("\\x%02x", point));
        } else if (point >= 0xdc80 && point <= 0xdcff) {
          out.append(String.format("\\x%02x", point - 0xdc00));
        } else if (isPrintable(point)) {
          out.appendCodePoint(point);
        } else {
          out.append(String.format(point > 0xffff ? "\\U%08x" : "\\u%04x", point));
        }
      }
    }
  }

  /** Go's notion: letters, marks, numbers, punctuation, symbols, and the plain blank. */
  private static boolean isPrintable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> point == ' ';
      default -> true;
    };
  }
}
