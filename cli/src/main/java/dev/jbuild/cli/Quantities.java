package dev.jbuild.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and numbers as Docker's flags take them. */
final class Quantities {
  private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?) ?([kmgtp]?)(?:i?b)?");

  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m(?!s))?(?:(\\d+)s)?(?:(\\d+)ms)?");

  private Quantities() {}

  /** {@code 512m}, {@code 1.5g}, {@code 1000000}: bytes, in powers of 1024. */
  static long bytes(String flag, String text) {
    Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new UsageError(flag + " \"" + text + "\" is not a size", "write it as 512m or 2g");
    }
    double factor =
        switch (matcher.group(2)) {
          case "k" -> 1L << 10;
          case "m" -> 1L << 20;
          case "g" -> 1L << 30;
          case "t" -> 1L << 40;
          case "p" -> 1L << 50;
          default -> 1;
        };
    return (long) (Double.parseDouble(matcher.group(1)) * factor);
  }

  static long whole(String flag, String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new UsageError(flag + " \"" + text + "\" is not a whole number");
    }
  }

  static int between(String flag, String text, int least, int most) {
    long value = whole(flag, text);
    if (value < least || value > most) {
      throw new UsageError(
          flag + " \"" + text + "\" is not a number from " + least + " to " + most);
    }
    return (int) value;
  }

  /** {@code 90s}, {@code 1h30m}, {@code 500ms}. */
  static Duration duration(String flag, String text) {
    Matcher parts = DURATION.matcher(text.toLowerCase(Locale.ROOT));
    if (!text.isEmpty() && parts.matches()) {
      try {
        Duration duration =
            Duration.ofHours(part(parts, 1))
                .plusMinutes(part(parts, 2))
                .plusSeconds(part(parts, 3))
                .plusMillis(part(parts, 4));
        if (duration.isPositive()) {
          return duration;
        }
      } catch (ArithmeticException | NumberFormatException e) {
        // said below
      }
    }
    throw new UsageError(
        flag + " \"" + text + "\" is not a time above zero", "write it as 90s or 1h30m");
  }

  private static long part(Matcher parts, int group) {
    return parts.group(group) == null ? 0 : Long.parseLong(parts.group(group));
  }

  /** A number of CPUs, such as {@code 1.5}. */
  static double cpus(String flag, String text) {
    try {
      double value = Double.parseDouble(text);
      if (value > 0 && value < 100_000) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new UsageError(
        flag + " \"" + text + "\" is not a number of CPUs", "write it as 2 or 0.5");
  }
}
