package dev.jbuild.dockerfile.expand;

/** The argument of STOPSIGNAL once expanded. */
public final class Signals {
  private Signals() {}

  /**
   * Whether {@code signal} is a Linux signal: a name with or without SIG in any case, or 1 to 64.
   */
  public static boolean isValid(String signal) {
    return Pending.pending();
  }
}
