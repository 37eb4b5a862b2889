package dev.jbuild.cli;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.sandbox.LimitFormat;
import java.util.function.Supplier;

/** Sizes and numbers as Docker's flags take them; what is wrong is wrong usage. */
final class Quantities {
  /** Messages name the flag as it is given here. */
  private static final LimitFormat FORMAT = new LimitFormat("");

  private Quantities() {}

  /** {@code 512m}, {@code 1.5g}, {@code 1000000}: bytes, in powers of 1024. */
  static long bytes(String flag, String text) {
    return usage(() -> FORMAT.bytes(flag, text));
  }

  static long whole(String flag, String text) {
    return usage(() -> FORMAT.whole(flag, text));
  }

  private static <T> T usage(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (BuildFailure e) {
      throw new UsageError(e.text(), e.hint().orElse(null));
    }
  }
}
