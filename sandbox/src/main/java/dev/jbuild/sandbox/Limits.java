package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What one step may use. Absent means no limit of ours.
 *
 * @param memoryBytes memory of all processes together ({@code --memory})
 * @param memorySwapBytes memory and swap together, as {@code docker run --memory-swap} counts; -1
 *     for unlimited swap
 * @param cpus number of CPUs' worth of time ({@code --cpus})
 * @param pids number of tasks at once ({@code --pids-limit})
 * @param ioWeight 10 to 1000, share of block I/O
 * @param ioBandwidth bytes a second, by block device as {@code major:minor}
 * @param ulimits by name without {@code RLIMIT_}, such as {@code nofile}
 * @param shmBytes size of {@code /dev/shm}; 64 MiB if absent
 * @param cgroupParent cgroup below which the step's own is made ({@code --cgroup-parent})
 */
public record Limits(
    OptionalLong memoryBytes,
    OptionalLong memorySwapBytes,
    OptionalDouble cpus,
    OptionalLong pids,
    OptionalInt ioWeight,
    Map<String, IoBandwidth> ioBandwidth,
    Map<String, Ulimit> ulimits,
    OptionalLong shmBytes,
    Optional<String> cgroupParent) {

  /** Soft and hard value of a resource limit; -1 is unlimited. */
  public record Ulimit(long soft, long hard) {}

  /**
   * Bandwidth of one block device.
   *
   * @param readBytesPerSecond 0 for no limit
   * @param writeBytesPerSecond 0 for no limit
   */
  public record IoBandwidth(long readBytesPerSecond, long writeBytesPerSecond) {}

  /** No limit at all. */
  public static final Limits NONE =
      new Limits(
          OptionalLong.empty(),
          OptionalLong.empty(),
          OptionalDouble.empty(),
          OptionalLong.empty(),
          OptionalInt.empty(),
          Map.of(),
          Map.of(),
          OptionalLong.empty(),
          Optional.empty());

  private static final long CPU_PERIOD = 100_000;

  /** The least share of a CPU that the kernel holds: a millisecond of each period. */
  static final double LEAST_CPUS = 0.01;

  /** Less memory holds no process; Docker has the same bound. */
  static final long LEAST_MEMORY = 6L << 20;

  /**
   * Takes what a kernel can hold.
   *
   * @throws BuildFailure of kind USER for what it cannot
   */
  public Limits {
    checkMemory(memoryBytes, memorySwapBytes);
    if (pids.isPresent() && pids.getAsLong() < 2) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "a limit of " + pids.getAsLong() + " processes leaves a step none",
          "2 is the least: the step's pid 1 is counted",
          null);
    }
    if (cpus.isPresent() && !(cpus.getAsDouble() >= LEAST_CPUS)) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          cpus.getAsDouble() + " CPUs are less than the least share, " + LEAST_CPUS);
    }
    ioBandwidth = Map.copyOf(ioBandwidth);
    ioBandwidth
        .keySet()
        .forEach(device -> {
          if (!device.matches("\\d{1,6}:\\d{1,7}")) {
            throw new BuildFailure(
                BuildFailure.Kind.USER,
                "block device \"" + device + "\" is not written as major:minor");
          }
        });
    ulimits
        .keySet()
        .forEach(name -> {
          if (!Rlimits.NUMBERS.containsKey(name)) {
            throw new BuildFailure(
                BuildFailure.Kind.USER,
                "unknown ulimit \"" + name + "\"",
                "use one of " + String.join(", ", new TreeSet<>(Rlimits.NUMBERS.keySet())),
                null);
          }
        });
    ulimits = Map.copyOf(ulimits);
  }

  private static void checkMemory(OptionalLong memory, OptionalLong withSwap) {
    if (memory.isPresent() && memory.getAsLong() < LEAST_MEMORY) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "a memory limit of "
              + memory.getAsLong()
              + " bytes is below the least, "
              + OutOfMemory.size(LEAST_MEMORY));
    }
    if (withSwap.isEmpty() || withSwap.getAsLong() < 0) {
      return;
    }
    if (memory.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "a limit on memory and swap together needs one on memory",
          "give --memory, too",
          null);
    }
    if (withSwap.getAsLong() < memory.getAsLong()) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "the limit on memory and swap together, "
              + OutOfMemory.size(withSwap.getAsLong())
              + ", is below that on memory alone, "
              + OutOfMemory.size(memory.getAsLong()),
          "--memory-swap counts both, as docker run has it",
          null);
    }
  }

  /** Whether a cgroup is needed to hold these limits. */
  public boolean needCgroup() {
    return memoryBytes.isPresent()
        || memorySwapBytes.isPresent()
        || cpus.isPresent()
        || pids.isPresent()
        || ioWeight.isPresent()
        || !ioBandwidth.isEmpty();
  }

  /** The ulimits as the runtime spec has them, in the order of their names. */
  List<RuntimeSpec.Rlimit> toRlimits() {
    return ulimits.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(e ->
            new RuntimeSpec.Rlimit(
                "RLIMIT_" + e.getKey().toUpperCase(Locale.ROOT),
                e.getValue().hard(),
                e.getValue().soft()))
        .toList();
  }

  /** The cgroup limits as the runtime spec has them; empty where none is asked for. */
  Optional<RuntimeSpec.Resources> toResources() {
    if (!needCgroup()) {
      return Optional.empty();
    }
    RuntimeSpec.Memory memory =
        memoryBytes.isEmpty() && memorySwapBytes.isEmpty()
            ? null
            : new RuntimeSpec.Memory(boxed(memoryBytes), null, boxed(memorySwapBytes), null, null);
    RuntimeSpec.Cpu cpu =
        cpus.isEmpty()
            ? null
            : new RuntimeSpec.Cpu(
                null, Math.round(cpus.getAsDouble() * CPU_PERIOD), CPU_PERIOD, null, null);
    RuntimeSpec.BlockIo io =
        ioWeight.isEmpty() && ioBandwidth.isEmpty()
            ? null
            : new RuntimeSpec.BlockIo(
                ioWeight.isPresent() ? ioWeight.getAsInt() : null,
                throttles(IoBandwidth::readBytesPerSecond),
                throttles(IoBandwidth::writeBytesPerSecond));
    return Optional.of(
        new RuntimeSpec.Resources(
            List.of(),
            memory,
            cpu,
            pids.isPresent() ? new RuntimeSpec.Pids(pids.getAsLong()) : null,
            io,
            Map.of()));
  }

  private List<RuntimeSpec.ThrottleDevice> throttles(ToLongFunction<IoBandwidth> rate) {
    return ioBandwidth.entrySet().stream()
        .filter(e -> rate.applyAsLong(e.getValue()) > 0)
        .sorted(Map.Entry.comparingByKey())
        .map(e -> {
          String[] numbers = e.getKey().split(":", 2);
          return new RuntimeSpec.ThrottleDevice(
              Long.parseLong(numbers[0]),
              Long.parseLong(numbers[1]),
              rate.applyAsLong(e.getValue()));
        })
        .toList();
  }

  private static @Nullable Long boxed(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  /** Names of the cgroup controllers that hold what is limited, as version 1 has them. */
  List<String> controllers() {
    List<String> names = new ArrayList<>();
    if (memoryBytes.isPresent() || memorySwapBytes.isPresent()) {
      names.add("memory");
    }
    if (cpus.isPresent()) {
      names.add("cpu");
    }
    if (pids.isPresent()) {
      names.add("pids");
    }
    if (ioWeight.isPresent() || !ioBandwidth.isEmpty()) {
      names.add("blkio");
    }
    return names;
  }

  /** The same with another memory limit, in bytes. */
  public Limits withMemory(long bytes) {
    return new Limits(
        OptionalLong.of(bytes),
        memorySwapBytes,
        cpus,
        pids,
        ioWeight,
        ioBandwidth,
        ulimits,
        shmBytes,
        cgroupParent);
  }

  /** The same with another limit on tasks. */
  public Limits withPids(long count) {
    return new Limits(
        memoryBytes,
        memorySwapBytes,
        cpus,
        OptionalLong.of(count),
        ioWeight,
        ioBandwidth,
        ulimits,
        shmBytes,
        cgroupParent);
  }

  /** The same with another share of CPU time. */
  public Limits withCpus(double count) {
    return new Limits(
        memoryBytes,
        memorySwapBytes,
        OptionalDouble.of(count),
        pids,
        ioWeight,
        ioBandwidth,
        ulimits,
        shmBytes,
        cgroupParent);
  }

  /** The same with other ulimits. */
  public Limits withUlimits(Map<String, Ulimit> values) {
    return new Limits(
        memoryBytes,
        memorySwapBytes,
        cpus,
        pids,
        ioWeight,
        ioBandwidth,
        values,
        shmBytes,
        cgroupParent);
  }

  /** The same with another parent for the step's cgroup. */
  Limits withCgroupParent(String path) {
    return new Limits(
        memoryBytes,
        memorySwapBytes,
        cpus,
        pids,
        ioWeight,
        ioBandwidth,
        ulimits,
        shmBytes,
        Optional.of(path));
  }
}
