package dev.jbuild.sandbox;

import java.util.List;

/** Names of signals, as signal(7) numbers them on x86_64 and aarch64. */
final class Signals {

  private static final List<String> NAMES =
      List.of(
          "0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
          "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
          "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS");

  private Signals() {}

  static String name(int number) {
    return number > 0 && number < NAMES.size() ? "SIG" + NAMES.get(number) : "signal " + number;
  }
}
