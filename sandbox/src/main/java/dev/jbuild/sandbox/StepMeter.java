package dev.jbuild.sandbox;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Reads what a step has used, as far as its kernel counts. */
record StepMeter(ControlFiles files) {

  /**
   * What it has used in all.
   *
   * @param ended what the launcher, as the parent of all, has heard of from the kernel; counts
   *     where nothing else does
   */
  ResourceUsage usage(Duration wall, LauncherFrame.Ended ended) {
    OptionalLong peak = memoryPeak();
    return new ResourceUsage(
        wall,
        Duration.ofNanos(ended.userMicros() * 1000),
        Duration.ofNanos(ended.systemMicros() * 1000),
        peak.orElse(ended.residentBytes()),
        peak.isPresent(),
        ioBytes(false),
        ioBytes(true),
        pidsPeak());
  }

  /** Whether the kernel killed a process of the step for its memory limit. */
  boolean outOfMemory() {
    return files.memoryUnified()
        ? files.keyed("memory", "memory.events", "oom_kill").orElse(0) > 0
        : files.keyed("memory", "memory.oom_control", "oom_kill").orElse(0) > 0;
  }

  OptionalLong memoryPeak() {
    return files.memoryUnified()
        ? files.number("memory", "memory.peak")
        : files.number("memory", "memory.max_usage_in_bytes");
  }

  OptionalLong pidsPeak() {
    return files.number("pids", "pids.peak");
  }

  /** Bytes of block I/O, read or written. */
  OptionalLong ioBytes(boolean written) {
    try {
      if (files.has("io")) {
        return files.text("io", "io.stat").stream().mapToLong(t -> sumV2(t, written)).findFirst();
      }
      // What is below the cgroup is counted by the first alone, which older kernels lack.
      return Stream.of(
              "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes")
          .flatMap(file -> files.text("blkio", file).stream())
          .mapToLong(t -> sumV1(t, written))
          .findFirst();
    } catch (NumberFormatException _) {
      return OptionalLong.empty(); // not counted by this kernel
    }
  }

  /** Lines such as {@code 8:0 rbytes=1 wbytes=2 rios=3 …}. */
  private static long sumV2(String text, boolean written) {
    String key = written ? "wbytes=" : "rbytes=";
    return text.lines()
        .flatMap(line -> Stream.of(line.split(" ", -1)))
        .filter(word -> word.startsWith(key))
        .mapToLong(word -> Long.parseLong(word.substring(key.length())))
        .sum();
  }

  /** Lines such as {@code 8:0 Write 4096}. */
  private static long sumV1(String text, boolean written) {
    return text.lines()
        .map(line -> line.split(" ", -1))
        .filter(words -> words.length == 3 && words[1].equals(written ? "Write" : "Read"))
        .mapToLong(words -> Long.parseLong(words[2]))
        .sum();
  }
}
