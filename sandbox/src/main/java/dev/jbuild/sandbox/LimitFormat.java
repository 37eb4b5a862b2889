package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Limits as they are written, with Docker's meaning: 0 is no limit, and so is -1 for a number of
 * processes. What is wrong is a {@link BuildFailure} of kind USER.
 *
 * @param prefix of the names in messages: {@code --} for flags, nothing for query parameters
 */
public record LimitFormat(String prefix) {
  private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?) ?([kmgtp]?)(?:i?b)?");

  private static final Pattern DURATION =
      Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m(?!s))?(?:(\\d+)s)?(?:(\\d+)ms)?");

  /** Bytes of memory. */
  public OptionalLong memory(@Nullable String text) {
    return above(text == null ? 0 : bytes("memory", text), 0);
  }

  /** Bytes of memory and swap together; -1 for unlimited swap. */
  public OptionalLong memorySwap(@Nullable String text) {
    if ("-1".equals(text)) {
      return OptionalLong.of(-1);
    }
    return above(text == null ? 0 : bytes("memory-swap", text), 0);
  }

  /** CPUs' worth of time. */
  public OptionalDouble cpus(@Nullable String text) {
    double value = text == null ? 0 : number("cpus", text);
    return value == 0 ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /** Processes at once. */
  public OptionalLong pids(@Nullable String text) {
    return above(text == null ? 0 : whole("pids-limit", text), 0);
  }

  /** Share of block I/O. */
  public OptionalInt blockIoWeight(@Nullable String text) {
    long value = text == null ? 0 : whole("blkio-weight", text);
    if (value == 0) {
      return OptionalInt.empty();
    }
    if (value < 10 || value > 1000) {
      throw wrong("blkio-weight", text, " is not a number from 10 to 1000", null);
    }
    return OptionalInt.of((int) value);
  }

  /** Size of {@code /dev/shm} in bytes. */
  public OptionalLong shm(@Nullable String text) {
    return above(text == null ? 0 : bytes("shm-size", text), 0);
  }

  /** Resource limits, each {@code NAME=SOFT[:HARD]}. */
  public Map<String, Limits.Ulimit> ulimits(List<String> texts) {
    Map<String, Limits.Ulimit> map = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw wrong("ulimit", text, " is not NAME=SOFT[:HARD]", null);
      }
      String[] values = text.substring(equals + 1).split(":", -1);
      if (values.length > 2) {
        throw wrong("ulimit", text, " has more than a soft and a hard value", null);
      }
      long soft = whole("ulimit", values[0]);
      long hard = values.length == 2 ? whole("ulimit", values[1]) : soft;
      if (soft < -1 || hard < -1) {
        throw wrong("ulimit", text, ": a value is -1 for no limit, 0, or above", null);
      }
      if (hard != -1 && (soft == -1 || soft > hard)) {
        throw wrong("ulimit", text, ": the soft value is above the hard value", null);
      }
      map.put(text.substring(0, equals), new Limits.Ulimit(soft, hard));
    }
    return map;
  }

  /** The time after which a step is killed. */
  public Optional<Duration> stepTimeout(@Nullable String text) {
    return text == null ? Optional.empty() : Optional.of(duration("step-timeout", text));
  }

  /** {@code 512m}, {@code 1.5g}, {@code 1000000}: bytes, in powers of 1024. */
  public long bytes(String name, String text) {
    Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw wrong(name, text, " is not a size", "write it as 512m or 2g");
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

  /** A whole number, of any sign. */
  public long whole(String name, String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw wrong(name, text, " is not a whole number", null);
    }
  }

  /** {@code 90s}, {@code 1h30m}, {@code 500ms}. */
  public Duration duration(String name, String text) {
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
    throw wrong(name, text, " is not a time above zero", "write it as 90s or 1h30m");
  }

  private static long part(Matcher parts, int group) {
    return parts.group(group) == null ? 0 : Long.parseLong(parts.group(group));
  }

  /** A number such as {@code 1.5}, in steps that the kernel can hold. */
  private double number(String name, String text) {
    try {
      double value = Double.parseDouble(text);
      if (value == 0 || (value >= Limits.LEAST_CPUS && value < 100_000)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw wrong(
        name, text, " is not a number of CPUs from " + Limits.LEAST_CPUS, "write it as 2 or 0.5");
  }

  private static OptionalLong above(long value, long least) {
    return value > least ? OptionalLong.of(value) : OptionalLong.empty();
  }

  private BuildFailure wrong(
      String name, @Nullable String text, String what, @Nullable String hint) {
    return new BuildFailure(
        BuildFailure.Kind.USER, prefix + name + " \"" + text + "\"" + what, hint, null);
  }
}
