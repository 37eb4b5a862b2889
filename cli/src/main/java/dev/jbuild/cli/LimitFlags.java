package dev.jbuild.cli;

import dev.jbuild.sandbox.LimitFormat;
import dev.jbuild.sandbox.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What each RUN step may use. */
final class LimitFlags {
  private static final LimitFormat FORMAT = new LimitFormat("--");

  @Option(
      names = {"-m", "--memory"},
      paramLabel = "SIZE",
      description = "memory of a RUN step")
  @Nullable String memory;

  @Option(
      names = "--memory-swap",
      paramLabel = "SIZE",
      description = "memory and swap together; -1 for unlimited swap")
  @Nullable String memorySwap;

  @Option(names = "--cpus", paramLabel = "N", description = "CPUs' worth of time of a RUN step")
  @Nullable String cpus;

  @Option(names = "--pids-limit", paramLabel = "N", description = "processes of a RUN step at once")
  @Nullable String pids;

  @Option(
      names = "--blkio-weight",
      paramLabel = "10..1000",
      description = "a RUN step's share of block I/O")
  @Nullable String blockIoWeight;

  @Option(
      names = "--device-read-bps",
      paramLabel = "DEVICE:RATE",
      description = "what a RUN step may read of a block device in a second")
  List<String> readRates = new ArrayList<>();

  @Option(
      names = "--device-write-bps",
      paramLabel = "DEVICE:RATE",
      description = "what a RUN step may write to a block device in a second")
  List<String> writeRates = new ArrayList<>();

  @Option(
      names = "--step-timeout",
      paramLabel = "DURATION",
      description = "the time after which a RUN step is killed: 90s, 10m, 1h30m")
  @Nullable String timeout;

  @Option(
      names = "--security-opt",
      paramLabel = "OPTION",
      description = "seccomp=FILE or no-new-privileges, for RUN steps")
  List<String> securityOptions = new ArrayList<>();

  @Option(names = "--ulimit", paramLabel = "NAME=SOFT[:HARD]", description = "a resource limit")
  List<String> ulimits = new ArrayList<>();

  @Option(names = "--shm-size", paramLabel = "SIZE", description = "size of /dev/shm")
  @Nullable String shm;

  @Option(
      names = "--cgroup-parent",
      paramLabel = "CGROUP",
      description = "the cgroup below which RUN steps get their own")
  @Nullable String cgroupParent;

  Limits limits() {
    return new Limits(
        FORMAT.memory(memory),
        FORMAT.memorySwap(memorySwap),
        FORMAT.cpus(cpus),
        FORMAT.pids(pids),
        FORMAT.blockIoWeight(blockIoWeight),
        bandwidth(),
        FORMAT.ulimits(ulimits),
        FORMAT.shm(shm),
        Optional.ofNullable(cgroupParent));
  }

  /** After which a step is killed. */
  Optional<Duration> timeout() {
    return FORMAT.stepTimeout(timeout);
  }

  private Map<String, Limits.IoBandwidth> bandwidth() {
    Map<String, Long> reads = rates("--device-read-bps", readRates);
    Map<String, Long> writes = rates("--device-write-bps", writeRates);
    Map<String, Limits.IoBandwidth> both = new LinkedHashMap<>();
    for (Map<String, Long> each : List.of(reads, writes)) {
      for (String device : each.keySet()) {
        both.put(
            device,
            new Limits.IoBandwidth(
                reads.getOrDefault(device, 0L), writes.getOrDefault(device, 0L)));
      }
    }
    return both;
  }

  /** Rates by the numbers of their devices, as the kernel names them. */
  private static Map<String, Long> rates(String flag, List<String> texts) {
    Map<String, Long> rates = new LinkedHashMap<>();
    for (String text : texts) {
      int colon = text.lastIndexOf(':');
      if (colon <= 0) {
        throw new UsageError(
            flag + " \"" + text + "\" is not DEVICE:RATE", "write it as /dev/sda:10m");
      }
      long rate = Quantities.bytes(flag, text.substring(colon + 1));
      if (rate <= 0) {
        throw new UsageError(flag + " \"" + text + "\": a rate is above zero");
      }
      rates.put(blockDevice(flag, text.substring(0, colon)), rate);
    }
    return rates;
  }

  private static String blockDevice(String flag, String name) {
    try {
      Path path = Path.of(name).toRealPath();
      int mode = (Integer) Files.getAttribute(path, "unix:mode");
      if ((mode & 0170000) != 0060000) {
        throw new UsageError(flag + ": \"" + name + "\" is no block device");
      }
      long device = (Long) Files.getAttribute(path, "unix:rdev");
      long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
      long minor = (device & 0xff) | (device >>> 12 & ~0xffL);
      return major + ":" + minor;
    } catch (IOException | InvalidPathException e) {
      throw new UsageError(flag + ": there is no device \"" + name + "\"");
    }
  }
}
