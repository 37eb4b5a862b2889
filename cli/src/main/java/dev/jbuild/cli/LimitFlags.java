package dev.jbuild.cli;

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
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What each RUN step may use. */
final class LimitFlags {
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
        memory == null
            ? OptionalLong.empty()
            : OptionalLong.of(Quantities.bytes("--memory", memory)),
        memorySwap == null
            ? OptionalLong.empty()
            : OptionalLong.of(
                memorySwap.equals("-1") ? -1 : Quantities.bytes("--memory-swap", memorySwap)),
        cpus == null ? OptionalDouble.empty() : OptionalDouble.of(Quantities.cpus("--cpus", cpus)),
        pids == null
            ? OptionalLong.empty()
            : OptionalLong.of(Quantities.whole("--pids-limit", pids)),
        blockIoWeight == null
            ? OptionalInt.empty()
            : OptionalInt.of(Quantities.between("--blkio-weight", blockIoWeight, 10, 1000)),
        bandwidth(),
        ulimitMap(),
        shm == null ? OptionalLong.empty() : OptionalLong.of(Quantities.bytes("--shm-size", shm)),
        Optional.ofNullable(cgroupParent));
  }

  /** After which a step is killed. */
  Optional<Duration> timeout() {
    return Optional.ofNullable(timeout).map(text -> Quantities.duration("--step-timeout", text));
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

  private Map<String, Limits.Ulimit> ulimitMap() {
    Map<String, Limits.Ulimit> map = new LinkedHashMap<>();
    for (String text : ulimits) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw new UsageError("--ulimit \"" + text + "\" is not NAME=SOFT[:HARD]");
      }
      String[] values = text.substring(equals + 1).split(":", -1);
      if (values.length > 2) {
        throw new UsageError("--ulimit \"" + text + "\" has more than a soft and a hard value");
      }
      long soft = Quantities.whole("--ulimit", values[0]);
      long hard = values.length == 2 ? Quantities.whole("--ulimit", values[1]) : soft;
      if (hard != -1 && (soft == -1 || soft > hard)) {
        throw new UsageError("--ulimit \"" + text + "\": the soft value is above the hard value");
      }
      map.put(text.substring(0, equals), new Limits.Ulimit(soft, hard));
    }
    return map;
  }
}
