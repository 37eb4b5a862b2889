package dev.jbuild.cli;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Values as tables show them. */
final class Show {
  private static final int SHORT_DIGEST = 19;

  private Show() {}

  /** {@code sha256:} and twelve digits, which is what verbs accept as well. */
  static String digest(Object digest) {
    String text = digest.toString();
    return text.length() > SHORT_DIGEST ? text.substring(0, SHORT_DIGEST) : text;
  }

  static String age(@Nullable Instant time, Instant now) {
    if (time == null) {
      return "-";
    }
    Duration age = Duration.between(time, now);
    if (age.compareTo(Duration.ofMinutes(2)) < 0) {
      return Math.max(0, age.toSeconds()) + " s ago";
    }
    if (age.compareTo(Duration.ofHours(2)) < 0) {
      return age.toMinutes() + " min ago";
    }
    if (age.compareTo(Duration.ofDays(2)) < 0) {
      return age.toHours() + " h ago";
    }
    return age.toDays() + " days ago";
  }

  /** One line of at most {@code most} characters. */
  static String clipped(String text, int most) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= most ? line : line.substring(0, most - 1) + "…";
  }
}
