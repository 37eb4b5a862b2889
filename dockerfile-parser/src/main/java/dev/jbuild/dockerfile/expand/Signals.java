package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.Nearest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The argument of STOPSIGNAL once expanded. */
public final class Signals {
  private static final int LAST = 64;
  private static final int LAST_ABOVE_RTMIN = 15;
  private static final int LAST_BELOW_RTMAX = 14;

  private static final Set<String> NAMES =
      Set.of(
          "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
          "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM",
          "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
          "RTMIN", "RTMAX");

  private Signals() {}

  /**
   * Whether {@code signal} is a Linux signal: a number from 1 to 64, or a name with or without SIG,
   * in any case, real-time ones as RTMIN, RTMIN+1 to +15, RTMAX-14 to -1 and RTMAX.
   */
  public static boolean isValid(String signal) {
    if (!signal.isEmpty() && signal.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return signal.length() < 9
          && Integer.parseInt(signal) >= 1
          && Integer.parseInt(signal) <= LAST;
    }
    String name = signal.toUpperCase(Locale.ROOT);
    name = name.startsWith("SIG") ? name.substring(3) : name;
    return NAMES.contains(name) || isRealTime(name);
  }

  /** What to write in place of a word that is no signal. */
  public static String hint(String signal) {
    String upper = signal.toUpperCase(Locale.ROOT);
    String prefix = upper.startsWith("SIG") ? "SIG" : "";
    String name = upper.substring(prefix.length());
    // a set's order is another one in each run, and ties go to the first
    return (name.startsWith("RTM") ? Optional.<String>empty() : Nearest.of(name, sorted()))
        .map(near -> "did you mean \"" + prefix + near + "\"?")
        .orElse("use a name such as SIGTERM or a number from 1 to 64");
  }

  private static List<String> sorted() {
    return NAMES.stream().sorted().toList();
  }

  private static boolean isRealTime(String name) {
    if (!name.matches("RTMIN\\+[0-9]{1,2}|RTMAX-[0-9]{1,2}")) {
      return false;
    }
    int offset = Integer.parseInt(name.substring(6));
    // As of bash, which counts half of them from either end.
    return offset >= 1
        && offset <= (name.startsWith("RTMIN") ? LAST_ABOVE_RTMIN : LAST_BELOW_RTMAX);
  }
}
