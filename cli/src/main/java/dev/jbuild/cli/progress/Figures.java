package dev.jbuild.cli.progress;

import java.time.Duration;
import java.util.Locale;

/** Durations and sizes as people read them. */
public final class Figures {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};

  private Figures() {}

  /** {@code 0.04s}, {@code 12.3s}, {@code 3m05s}. */
  public static String time(Duration took) {
    double seconds = took.toMillis() / 1000.0;
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.2fs", seconds);
    }
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1fs", seconds);
    }
    return String.format(Locale.ROOT, "%dm%02ds", took.toMinutes(), took.toSecondsPart());
  }

  /** In powers of 1000, as Docker shows sizes: {@code 512B}, {@code 4.2MB}. */
  public static String size(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1000 && unit < UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    return unit == 0 ? bytes + "B" : String.format(Locale.ROOT, "%.1f%s", value, UNITS[unit]);
  }
}
