package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * The cgroups of one step, a folder in each hierarchy that is needed: made before the step, joined
 * by its pid 1, read and removed when every process is dead.
 *
 * <p>What is measured but not limited is best effort: a hierarchy that cannot be written is left
 * out. What is limited must be held, or the step does not start.
 */
final class StepCgroup implements AutoCloseable {

  private static final AtomicLong NUMBER = new AtomicLong();
  private static final String PREFIX = "jbuild-";

  /** Docker's device rules: any node may be made, these may be opened. */
  private static final List<String> DEVICES =
      List.of(
          "c *:* m",
          "b *:* m",
          "c 1:3 rwm",
          "c 1:5 rwm",
          "c 1:7 rwm",
          "c 1:8 rwm",
          "c 1:9 rwm",
          "c 5:0 rwm",
          "c 5:2 rwm",
          "c 136:* rwm");

  /** By controller; two controllers of one hierarchy share a folder. */
  private final Map<String, Path> folders = new LinkedHashMap<>();

  private final boolean unified;
  private final boolean cpuUnified;
  private boolean guarded;
  private Optional<Path> deviceProgram = Optional.empty();

  private StepCgroup(Cgroups machine) {
    this.unified = machine.with("memory").map(Cgroups.Hierarchy::unified).orElse(false);
    this.cpuUnified = machine.with("cpu").map(Cgroups.Hierarchy::unified).orElse(false);
  }

  /**
   * Makes the folders and sets the limits.
   *
   * @param devices whether the step must be kept from the machine's devices
   * @throws BuildFailure of kind UNSUPPORTED if a limit is asked for and cannot be held
   */
  static StepCgroup create(Cgroups machine, Limits limits, boolean devices) {
    String name = PREFIX + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    StepCgroup cgroup = new StepCgroup(machine);
    try {
      cgroup.enter(machine, limits, name, "memory", limits.memoryBytes().isPresent());
      cgroup.enter(machine, limits, name, "pids", limits.pids().isPresent());
      boolean io = limits.ioWeight().isPresent() || !limits.ioBandwidth().isEmpty();
      cgroup.enter(machine, limits, name, machine.with("io").isPresent() ? "io" : "blkio", io);
      if (limits.cpus().isPresent()) {
        cgroup.enter(machine, limits, name, "cpu", true);
      }
      cgroup.limit(limits);
      if (devices) {
        cgroup.guardDevices(machine, limits, name);
      }
      return cgroup;
    } catch (RuntimeException e) {
      cgroup.close();
      throw e;
    }
  }

  private void enter(
      Cgroups machine, Limits limits, String name, String controller, boolean required) {
    Optional<Cgroups.Hierarchy> hierarchy = machine.with(controller);
    if (hierarchy.isEmpty()) {
      if (required) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED,
            "no cgroup with the controller \"" + controller + "\" to hold the limit",
            "delegate a cgroup to jbuild, or run without the limit",
            null);
      }
      return;
    }
    try {
      folders.put(controller, folder(hierarchy.get(), limits, name, controller));
    } catch (IOException e) {
      if (required) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED,
            "cgroup for the limit on \"" + controller + "\" cannot be made: " + words(e),
            "delegate a cgroup to jbuild, or run without the limit",
            e);
      }
    }
  }

  private Path folder(Cgroups.Hierarchy in, Limits limits, String name, String controller)
      throws IOException {
    Path parent =
        limits
            .cgroupParent()
            .map(p -> in.mountPoint().resolve(p.replaceFirst("^/+", "")).normalize())
            .orElse(in.own());
    if (!parent.startsWith(in.mountPoint())) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "cgroup parent \"" + limits.cgroupParent().orElse("") + "\" leaves the hierarchy");
    }
    Files.createDirectories(parent);
    if (in.unified() && !controller.isEmpty()) {
      delegate(parent, controller);
    }
    Path folder = parent.resolve(name);
    if (!Files.isDirectory(folder)) {
      Files.createDirectory(folder);
    }
    return folder;
  }

  /**
   * Passes a controller on to children. A v2 cgroup that holds processes cannot (the kernel's "no
   * internal processes" rule), so the executor first moves itself into a child of its own.
   */
  private static void delegate(Path parent, String controller) throws IOException {
    Path control = parent.resolve("cgroup.subtree_control");
    if (Set.of(Files.readString(control).strip().split(" ", -1)).contains(controller)) {
      return;
    }
    try {
      write(control, "+" + controller);
    } catch (IOException busy) {
      Path leaf = parent.resolve(PREFIX + "executor");
      if (!Files.isDirectory(leaf)) {
        Files.createDirectory(leaf);
      }
      for (String pid : Files.readString(parent.resolve("cgroup.procs")).lines().toList()) {
        try {
          write(leaf.resolve("cgroup.procs"), pid);
        } catch (IOException _) {
          // A process that has just ended need not move.
        }
      }
      write(control, "+" + controller);
    }
  }

  private void limit(Limits limits) {
    limits
        .memoryBytes()
        .ifPresent(bytes -> {
          set("memory", unified ? "memory.max" : "memory.limit_in_bytes", bytes);
          if (limits.memorySwapBytes().isEmpty()) {
            // As Docker: as much swap again, where swap is counted at all.
            offer(
                "memory",
                unified ? "memory.swap.max" : "memory.memsw.limit_in_bytes",
                Long.toString(unified ? bytes : 2 * bytes));
          }
        });
    limits.memorySwapBytes().ifPresent(total -> swap(limits, total));
    limits.pids().ifPresent(count -> set("pids", "pids.max", count));
    limits
        .cpus()
        .ifPresent(cpus -> {
          long quota = Math.round(cpus * 100_000);
          if (cpuUnified) {
            set("cpu", "cpu.max", quota + " 100000");
          } else {
            set("cpu", "cpu.cfs_period_us", 100_000);
            set("cpu", "cpu.cfs_quota_us", quota);
          }
        });
    limits
        .ioWeight()
        .ifPresent(weight -> {
          if (folders.containsKey("io")) {
            set("io", "io.weight", "default " + Math.max(1, weight * 10));
          } else if (!offer("blkio", "blkio.weight", Integer.toString(weight))) {
            set("blkio", "blkio.bfq.weight", weight);
          }
        });
    limits.ioBandwidth().forEach(this::bandwidth);
  }

  private void swap(Limits limits, long total) {
    long memory = limits.memoryBytes().orElse(0);
    if (!unified) {
      set("memory", "memory.memsw.limit_in_bytes", total);
    } else if (total < 0) {
      set("memory", "memory.swap.max", "max");
    } else {
      set("memory", "memory.swap.max", Math.max(0, total - memory));
    }
  }

  private void bandwidth(String device, Limits.IoBandwidth rate) {
    if (folders.containsKey("io")) {
      set(
          "io",
          "io.max",
          device
              + (rate.readBytesPerSecond() > 0 ? " rbps=" + rate.readBytesPerSecond() : "")
              + (rate.writeBytesPerSecond() > 0 ? " wbps=" + rate.writeBytesPerSecond() : ""));
      return;
    }
    if (rate.readBytesPerSecond() > 0) {
      set("blkio", "blkio.throttle.read_bps_device", device + " " + rate.readBytesPerSecond());
    }
    if (rate.writeBytesPerSecond() > 0) {
      set("blkio", "blkio.throttle.write_bps_device", device + " " + rate.writeBytesPerSecond());
    }
  }

  private void set(String controller, String file, long value) {
    set(controller, file, Long.toString(value));
  }

  private void set(String controller, String file, String value) {
    Path folder = folders.get(controller);
    try {
      if (folder == null) {
        throw new NoSuchFileException(file);
      }
      write(folder.resolve(file), value);
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "limit " + file + " cannot be set to " + value + ": " + words(e),
          "run without the limit, or on a machine whose kernel has it",
          e);
    }
  }

  private boolean offer(String controller, String file, String value) {
    Path folder = folders.get(controller);
    if (folder == null || !Files.exists(folder.resolve(file))) {
      return false;
    }
    try {
      write(folder.resolve(file), value);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private void guardDevices(Cgroups machine, Limits limits, String name) {
    Optional<Cgroups.Hierarchy> devices = machine.with("devices");
    try {
      if (devices.isPresent()) {
        Path folder = folder(devices.get(), limits, name, "devices");
        folders.put("devices", folder);
        write(folder.resolve("devices.deny"), "a");
        // one rule a call is the kernel's way; the file need not be opened for each
        try (OutputStream allow = Files.newOutputStream(folder.resolve("devices.allow"))) {
          for (String rule : DEVICES) {
            allow.write(rule.getBytes(StandardCharsets.US_ASCII));
          }
        }
        guarded = true;
        return;
      }
      Optional<Cgroups.Hierarchy> v2 = machine.unified();
      if (v2.isPresent()) {
        Path folder = folder(v2.get(), limits, name, "");
        folders.putIfAbsent("devices", folder);
        deviceProgram = Optional.of(folder);
        guarded = true;
      }
    } catch (IOException _) {
      guarded = false; // the step's root is then mounted nodev
    }
  }

  /** Whether the step can open none but the usual devices. */
  boolean guardsDevices() {
    return guarded;
  }

  /** The v2 cgroup that a device program must be attached to, which Java cannot do. */
  Optional<Path> needsDeviceProgram() {
    return deviceProgram;
  }

  /**
   * Files that the step's pid 1 writes "0" to.
   *
   * <p>In v1 that is {@code tasks}, which moves the writing thread alone, and pid 1 has but one. A
   * whole process is moved under a lock that every fork of the machine takes, and to close it the
   * kernel waits for an RCU grace period: milliseconds for each hierarchy.
   */
  List<String> procs() {
    return folders.values().stream().distinct().map(StepCgroup::entrance).toList();
  }

  private static String entrance(Path folder) {
    Path tasks = folder.resolve("tasks");
    return (Files.exists(tasks) ? tasks : folder.resolve("cgroup.procs")).toString();
  }

  /** Whether the kernel killed a process of the step for its memory limit. */
  boolean outOfMemory() {
    return unified
        ? keyed("memory", "memory.events", "oom_kill").orElse(0) > 0
        : keyed("memory", "memory.oom_control", "oom_kill").orElse(0) > 0;
  }

  /** The step's cgroup path within the memory hierarchy, as the kernel's log names it. */
  String memoryName() {
    Path folder = folders.get("memory");
    return folder == null || folder.getFileName() == null ? "" : folder.getFileName().toString();
  }

  OptionalLong memoryPeak() {
    return unified
        ? number("memory", "memory.peak")
        : number("memory", "memory.max_usage_in_bytes");
  }

  OptionalLong pidsPeak() {
    return number("pids", "pids.peak");
  }

  /** Bytes of block I/O, read or written. */
  OptionalLong ioBytes(boolean written) {
    Path v1 = folders.get("blkio");
    Path v2 = folders.get("io");
    try {
      if (v2 != null) {
        return OptionalLong.of(sumV2(Files.readString(v2.resolve("io.stat")), written));
      }
      if (v1 != null) {
        return OptionalLong.of(
            sumV1(Files.readString(v1.resolve("blkio.throttle.io_service_bytes")), written));
      }
    } catch (IOException | NumberFormatException _) {
      // Not counted by this kernel.
    }
    return OptionalLong.empty();
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

  private OptionalLong number(String controller, String file) {
    Path folder = folders.get(controller);
    if (folder == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(folder.resolve(file)).strip()));
    } catch (IOException | NumberFormatException _) {
      return OptionalLong.empty();
    }
  }

  private OptionalLong keyed(String controller, String file, String key) {
    Path folder = folders.get(controller);
    if (folder == null) {
      return OptionalLong.empty();
    }
    try {
      for (String line : Files.readString(folder.resolve(file)).lines().toList()) {
        if (line.startsWith(key + " ")) {
          return OptionalLong.of(Long.parseLong(line.substring(key.length() + 1).strip()));
        }
      }
    } catch (IOException | NumberFormatException _) {
      // Not counted by this kernel.
    }
    return OptionalLong.empty();
  }

  /** Removes the folders; the last process may take a moment to leave them. */
  @Override
  public void close() {
    for (Path folder : new ArrayList<>(Set.copyOf(folders.values()))) {
      long deadline = System.nanoTime() + Duration.ofSeconds(1).toNanos();
      while (true) {
        try {
          Files.deleteIfExists(folder);
          break;
        } catch (IOException e) {
          if (System.nanoTime() > deadline) {
            break; // left behind empty; the next start removes it
          }
          Thread.onSpinWait();
        }
      }
    }
    folders.clear();
  }

  /** Removes what executors that were killed have left, which is empty by then. */
  static void removeLeftovers(Cgroups machine) {
    for (Cgroups.Hierarchy hierarchy : machine.hierarchies()) {
      try (Stream<Path> children = Files.list(hierarchy.own())) {
        children
            .filter(child -> {
              String name = String.valueOf(child.getFileName());
              return name.matches(PREFIX + "\\d+-\\d+")
                  && !Files.exists(Path.of("/proc", name.split("-", -1)[1]));
            })
            .forEach(child -> {
              try {
                Files.deleteIfExists(child);
              } catch (IOException _) {
                // Still in use by somebody else.
              }
            });
      } catch (IOException _) {
        // A hierarchy that cannot be listed holds nothing of ours.
      }
    }
  }

  private static void write(Path file, String value) throws IOException {
    // One write call: the kernel takes each as one command.
    try (var out = Files.newOutputStream(file)) {
      out.write(value.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static String words(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
