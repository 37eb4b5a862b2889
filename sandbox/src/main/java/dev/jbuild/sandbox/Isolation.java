package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Values of {@code --isolation}. */
public enum Isolation {
  /** The best that the probes allow. */
  AUTO,
  /** Tier A: namespaces made by root. */
  NAMESPACES,
  /** Tier B: inside a user namespace. */
  ROOTLESS,
  /** Tier C. */
  CHROOT,
  /** An OCI runtime found on PATH. */
  OCI;

  /**
   * Reads a value of {@code --isolation}.
   *
   * @throws BuildFailure of kind USER for any other word
   */
  public static Isolation parse(String text) {
    for (Isolation value : values()) {
      if (value.flag().equals(text)) {
        return value;
      }
    }
    throw new BuildFailure(
        BuildFailure.Kind.USER,
        "unknown isolation \"" + text + "\"",
        "use one of "
            + Arrays.stream(values()).map(Isolation::flag).collect(Collectors.joining(", ")),
        null);
  }

  /** The word as the flag takes it. */
  public String flag() {
    return name().toLowerCase(Locale.ROOT);
  }
}
