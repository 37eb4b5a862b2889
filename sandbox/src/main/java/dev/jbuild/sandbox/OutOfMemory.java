package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says what a step that ran out of memory ran into. */
final class OutOfMemory {

  private static final Pattern VICTIM =
      Pattern.compile("oom-kill:.*task_memcg=([^,]*),task=(.*),pid=\\d+,uid=\\d+");

  private OutOfMemory() {}

  /**
   * As {@link #describe} for a cgroup that is gone, if the kernel's log says that the limit killed
   * something in it: then it was used to the limit.
   */
  static Optional<String> inLog(Limits limits, String cgroup, Path launcher) {
    OptionalLong limit = limits.memoryBytes();
    if (limit.isEmpty()) {
      return Optional.empty();
    }
    return victim(kernelLog(launcher), cgroup)
        .map(victim -> describe(limit, limit.getAsLong(), Optional.of(victim)));
  }

  /** "out of memory (limit 256 MiB, peak 256 MiB, killed process: java)", with a hint for a JVM. */
  static String describe(Limits limits, long peak, String cgroup, Path launcher) {
    return describe(limits.memoryBytes(), peak, victim(kernelLog(launcher), cgroup));
  }

  private static String describe(OptionalLong limit, long peak, Optional<String> victim) {
    StringBuilder text = new StringBuilder("out of memory (");
    if (limit.isPresent()) {
      text.append("limit ").append(size(limit.getAsLong())).append(", ");
    }
    text.append("peak ").append(size(peak));
    victim.ifPresent(name -> text.append(", killed process: ").append(name));
    text.append(')');
    if (victim
        .filter(name -> List.of("java", "javac", "gradle", "mvn").contains(name))
        .isPresent()) {
      text.append(
          "; a JVM takes a quarter of the limit for its heap and more beside it:"
              + " set -Xmx or -XX:MaxRAMPercentage, or raise --memory");
    }
    return text.toString();
  }

  /** The last victim that the kernel's log names for a cgroup. */
  static Optional<String> victim(String log, String cgroup) {
    Optional<String> found = Optional.empty();
    for (String line : log.lines().toList()) {
      Matcher m = VICTIM.matcher(line);
      if (m.find() && m.group(1).endsWith("/" + cgroup)) {
        found = Optional.of(m.group(2));
      }
    }
    return found;
  }

  private static String kernelLog(Path launcher) {
    try {
      Process process = new ProcessBuilder(launcher.toString(), "kernel-log").start();
      process.getOutputStream().close();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException _) {
      return ""; // the name is a help, not a need
    }
  }

  static String size(long bytes) {
    if (bytes >= 1L << 30 && bytes % (1L << 30) == 0) {
      return (bytes >> 30) + " GiB";
    }
    return bytes >= 1 << 20 ? ((bytes + (1 << 19)) >> 20) + " MiB" : ((bytes + 512) >> 10) + " KiB";
  }
}
