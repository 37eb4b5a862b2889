package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
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

  /** Names of the cgroups of steps: the executor's pid, and a number of its own. */
  static final String PREFIX = "jbuild-";

  /** A child of the executor's own cgroup of version 2, for the executor. */
  static final String EXECUTOR = PREFIX + "executor";

  private static final String DELEGATE =
      "delegate a cgroup to jbuild (jbuild doctor says how), or run without the limit";

  /** Processes that are started meanwhile have to be moved as well. */
  private static final int DELEGATION_ATTEMPTS = 4;

  private static final String CONTAINER = "container";

  /** Docker's device rules: any node may be made, these may be opened. */
  private static final List<String> DEVICES =
      Stream.of(
              Stream.of("c *:* m", "b *:* m"),
              CharacterDevice.OPEN.stream()
                  .map(device -> "c " + device.major() + ":" + device.minor() + " rwm"),
              Stream.of("c " + CharacterDevice.PSEUDO_TERMINAL + ":* rwm"))
          .flatMap(rules -> rules)
          .toList();

  private final ControlFiles files;
  private Supplier<Set<Path>> all;
  private Runnable lift = () -> {};
  private String runtimePath = "";
  private boolean guarded;
  private Optional<Path> deviceProgram = Optional.empty();

  private StepCgroup(Cgroups machine) {
    files = ControlFiles.on(machine);
    all = () -> Set.copyOf(files.folders().values());
  }

  /**
   * Makes the folders and sets the limits.
   *
   * @param devices whether the step must be kept from the machine's devices
   * @throws BuildFailure of kind UNSUPPORTED if a limit is asked for and cannot be held
   */
  static StepCgroup create(Cgroups machine, Limits limits, boolean devices) {
    return create(machine, limits, devices, newName());
  }

  private static String newName() {
    return PREFIX + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
  }

  /**
   * The same for a step that an OCI runtime runs. The runtime makes the step's own cgroup, below
   * this one, and removes it with all that it has counted; this one outlives it, so that what the
   * step used can be read. Both hold the limits.
   *
   * @throws BuildFailure of kind UNSUPPORTED if a limit is asked for and cannot be held
   */
  static StepCgroup around(Cgroups machine, Limits limits) {
    String parent = limits.cgroupParent().orElseGet(machine::commonPath);
    String name = newName();
    StepCgroup cgroup = create(machine, limits.withCgroupParent(parent), false, name);
    if (!cgroup.files.folders().isEmpty()) {
      cgroup.runtimePath =
          Path.of("/", parent).resolve(name).resolve(CONTAINER).normalize().toString();
    }
    StepLimits within = new StepLimits(cgroup.files.below(CONTAINER));
    Runnable own = cgroup.lift;
    cgroup.lift =
        () -> {
          own.run();
          within.lift(limits);
        };
    // A runtime of version 1 makes folders in every hierarchy.
    Set<Path> made = new LinkedHashSet<>();
    for (Cgroups.Hierarchy hierarchy : machine.hierarchies()) {
      made.add(hierarchy.below(parent).resolve(name));
    }
    cgroup.all = () -> made;
    return cgroup;
  }

  private static StepCgroup create(Cgroups machine, Limits limits, boolean devices, String name) {
    StepCgroup cgroup = new StepCgroup(machine);
    try {
      cgroup.enter(machine, limits, name, "memory", limits.memoryBytes().isPresent());
      cgroup.enter(machine, limits, name, "pids", limits.pids().isPresent());
      boolean io = limits.ioWeight().isPresent() || !limits.ioBandwidth().isEmpty();
      cgroup.enter(machine, limits, name, machine.with("io").isPresent() ? "io" : "blkio", io);
      if (limits.cpus().isPresent()) {
        cgroup.enter(machine, limits, name, "cpu", true);
      }
      new StepLimits(cgroup.files).hold(limits);
      StepLimits held = new StepLimits(cgroup.files.snapshot());
      cgroup.lift = () -> held.lift(limits);
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
            DELEGATE,
            null);
      }
      return;
    }
    try {
      files.folders().put(controller, folder(hierarchy.get(), limits, name, controller));
    } catch (IOException e) {
      if (required) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED,
            "cgroup for the limit on \""
                + controller
                + "\" cannot be made: "
                + ControlFiles.words(e),
            DELEGATE,
            e);
      }
    }
  }

  private Path folder(Cgroups.Hierarchy in, Limits limits, String name, String controller)
      throws IOException {
    Path parent = limits.cgroupParent().map(in::below).orElse(in.own());
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
    for (int attempt = 1; ; attempt++) {
      try {
        ControlFiles.write(control, "+" + controller);
        return;
      } catch (IOException busy) {
        if (attempt == DELEGATION_ATTEMPTS) {
          throw busy;
        }
        moveProcesses(parent, parent.resolve(EXECUTOR));
      }
    }
  }

  private static void moveProcesses(Path from, Path to) throws IOException {
    Files.createDirectories(to); // another step may be about to do the same
    for (String pid : Files.readString(from.resolve("cgroup.procs")).lines().toList()) {
      try {
        ControlFiles.write(to.resolve("cgroup.procs"), pid);
      } catch (IOException _) {
        // A process that has just ended need not move.
      }
    }
  }

  private void guardDevices(Cgroups machine, Limits limits, String name) {
    Optional<Cgroups.Hierarchy> devices = machine.with("devices");
    try {
      if (devices.isPresent()) {
        Path folder = folder(devices.get(), limits, name, "devices");
        files.folders().put("devices", folder);
        ControlFiles.write(folder.resolve("devices.deny"), "a");
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
        files.folders().putIfAbsent("devices", folder);
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
    return files.folders().values().stream().distinct().map(StepCgroup::entrance).toList();
  }

  private static String entrance(Path folder) {
    Path tasks = folder.resolve("tasks");
    return (Files.exists(tasks) ? tasks : folder.resolve("cgroup.procs")).toString();
  }

  /**
   * Lets a killed step's processes leave without delay: their writes and CPU time are held back no
   * more. May be called by any thread, also once the cgroup is closed.
   */
  void lift() {
    lift.run();
  }

  /**
   * The path for an OCI runtime's {@code cgroupsPath}, if it is {@link #around} one's; empty where
   * no cgroup may be made.
   */
  String runtimePath() {
    return runtimePath;
  }

  /** What the step has used; to be asked before {@link #close}. */
  StepMeter meter() {
    return new StepMeter(files);
  }

  /** The step's cgroup path within the memory hierarchy, as the kernel's log names it. */
  String memoryName() {
    Path folder = files.folders().get("memory");
    if (folder == null || folder.getFileName() == null) {
      return "";
    }
    return folder.getFileName() + (runtimePath.isEmpty() ? "" : "/" + CONTAINER);
  }

  /** Removes the folders; the last process may take a moment to leave them. */
  @Override
  public void close() {
    for (Path folder : all.get()) {
      CgroupRemoval.remove(folder);
    }
    files.folders().clear();
  }
}
