package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.util.Optional;

/** Sets limits in the units of the cgroup version that holds them, or does not let a step start. */
record StepLimits(ControlFiles files) {

  /** Writes all that is limited. */
  void hold(Limits limits) {
    limits
        .memoryBytes()
        .ifPresent(bytes -> {
          files.set(
              "memory", files.memoryUnified() ? "memory.max" : "memory.limit_in_bytes", bytes);
          if (limits.memorySwapBytes().isEmpty()) {
            // As Docker: as much swap again, where swap is counted at all.
            files.offer(
                "memory",
                files.memoryUnified() ? "memory.swap.max" : "memory.memsw.limit_in_bytes",
                Long.toString(files.memoryUnified() ? bytes : 2 * bytes));
          }
        });
    limits.memorySwapBytes().ifPresent(total -> swap(limits, total));
    limits.pids().ifPresent(count -> files.set("pids", "pids.max", count));
    limits
        .cpus()
        .ifPresent(cpus -> {
          long quota = Math.round(cpus * 100_000);
          if (files.cpuUnified()) {
            files.set("cpu", "cpu.max", quota + " 100000");
          } else {
            files.set("cpu", "cpu.cfs_period_us", 100_000);
            files.set("cpu", "cpu.cfs_quota_us", quota);
          }
        });
    limits.ioWeight().ifPresent(this::ioWeight);
    limits.ioBandwidth().forEach(this::bandwidth);
  }

  /**
   * Lifts what makes processes slow to die. A killed process leaves only when the block I/O that it
   * has asked for is done (one write of 100 MB at 1 MB/s holds it for 100 s), and needs CPU time to
   * do so. What cannot be lifted stays: the processes then leave later.
   */
  void lift(Limits limits) {
    if (limits.cpus().isPresent()) {
      files.offer(
          "cpu",
          files.cpuUnified() ? "cpu.max" : "cpu.cfs_quota_us",
          files.cpuUnified() ? "max" : "-1");
    }
    limits
        .ioBandwidth()
        .forEach((device, rate) -> {
          if (files.has("io")) {
            files.offer("io", "io.max", device + " rbps=max wbps=max");
            return;
          }
          if (rate.readBytesPerSecond() > 0) {
            files.offer("blkio", "blkio.throttle.read_bps_device", device + " 0");
          }
          if (rate.writeBytesPerSecond() > 0) {
            files.offer("blkio", "blkio.throttle.write_bps_device", device + " 0");
          }
        });
  }

  private void swap(Limits limits, long total) {
    long memory = limits.memoryBytes().orElse(0);
    if (!files.memoryUnified()) {
      files.set("memory", "memory.memsw.limit_in_bytes", total);
    } else if (total < 0) {
      files.set("memory", "memory.swap.max", "max");
    } else {
      files.set("memory", "memory.swap.max", Math.max(0, total - memory));
    }
  }

  private void bandwidth(String device, Limits.IoBandwidth rate) {
    if (files.has("io")) {
      files.set(
          "io",
          "io.max",
          device
              + (rate.readBytesPerSecond() > 0 ? " rbps=" + rate.readBytesPerSecond() : "")
              + (rate.writeBytesPerSecond() > 0 ? " wbps=" + rate.writeBytesPerSecond() : ""));
      return;
    }
    if (rate.readBytesPerSecond() > 0) {
      files.set(
          "blkio", "blkio.throttle.read_bps_device", device + " " + rate.readBytesPerSecond());
    }
    if (rate.writeBytesPerSecond() > 0) {
      files.set(
          "blkio", "blkio.throttle.write_bps_device", device + " " + rate.writeBytesPerSecond());
    }
  }

  /**
   * The weight goes to whoever shares out block I/O: in version 2 the cost model (io.weight, 1 to
   * 10000) and the scheduler bfq (io.bfq.weight), in version 1 the scheduler, whose file has had
   * two names. It is read again, since a kernel may take a value and keep another.
   */
  private void ioWeight(int weight) {
    if (files.has("io")) {
      boolean bfq = files.offer("io", "io.bfq.weight", Integer.toString(weight));
      if (bfq) {
        kept("io", "io.bfq.weight", weight);
      }
      String cost = "default " + weight * 10;
      if (!files.offer("io", "io.weight", cost)) {
        if (bfq) {
          return;
        }
        files.set("io", "io.weight", cost);
      }
      kept("io", "io.weight", weight * 10);
      return;
    }
    if (files.offer("blkio", "blkio.weight", Integer.toString(weight))) {
      kept("blkio", "blkio.weight", weight);
      return;
    }
    files.set("blkio", "blkio.bfq.weight", weight);
    kept("blkio", "blkio.bfq.weight", weight);
  }

  private void kept(String controller, String file, int value) {
    Optional<String> text = files.text(controller, file);
    String first = text.flatMap(all -> all.lines().findFirst()).orElse("");
    if (!first.replaceFirst("^default ", "").equals(Integer.toString(value))) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "limit " + file + " is set to " + value + ", and the kernel keeps \"" + first + "\"",
          "run without --blkio-weight",
          null);
    }
  }
}
