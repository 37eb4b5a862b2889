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

  /**
   * How far something is: {@code sha256:4bcff63911fc 12.5MB / 50.0MB 3.10s}. Of a digest the
   * beginning is enough.
   *
   * @param total -1 when unknown
   */
  static String progress(String what, long current, long total, Duration took) {
    String name =
        what.startsWith("sha256:") ? what.substring(0, Math.min(what.length(), 19)) : what;
    String all = total >= 0 ? " / " + size(total) : "";
    return name + " " + size(current) + all + " " + time(took);
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
