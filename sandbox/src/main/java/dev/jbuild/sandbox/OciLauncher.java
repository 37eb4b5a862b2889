package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs steps through an OCI runtime found on PATH: runc, crun, runsc, kata-runtime and others that
 * take {@code run --bundle}.
 *
 * <p>The runtime gets a bundle with {@code config.json} and runs, itself, inside a mount and a pid
 * namespace that jbuild-init makes: there the layers are mounted, so that nothing is mounted on the
 * executor's side, and with them end the runtime, its container and everything in it, also when the
 * executor is killed. The runtime makes the step's cgroup inside one of jbuild's, where its use is
 * read when the runtime has removed its own.
 */
public final class OciLauncher implements Launcher {

  private static final long CLONE_NEWNS = 0x00020000L;
  private static final long CLONE_NEWPID = 0x20000000L;

  private final Path binary;
  private final Path runtime;
  private volatile @Nullable Cgroups machine;

  OciLauncher(Path runtime) {
    this.binary = LauncherBinary.locate();
    this.runtime = runtime;
  }

  /**
   * Finds a runtime.
   *
   * @param name a program on PATH or a path; if empty crun or else runc, whichever starts
   * @throws BuildFailure of kind NOT_FOUND
   */
  public static OciLauncher find(Optional<String> name) {
    if (name.isEmpty()) {
      return OciRuntimes.choose();
    }
    return onPath(name.get())
        .map(OciLauncher::new)
        .orElseThrow(() -> notFound(List.of(name.get())));
  }

  static BuildFailure notFound(List<String> names) {
    return new BuildFailure(
        BuildFailure.Kind.NOT_FOUND,
        "OCI runtime \"" + String.join("\" or \"", names) + "\" is not on PATH",
        "install it (apt install runc), or leave steps to the embedded launcher",
        null);
  }

  /** A program by name or path. */
  static Optional<Path> onPath(String name) {
    if (name.contains("/")) {
      return Optional.of(Path.of(name)).filter(Files::isExecutable);
    }
    String path = System.getenv().getOrDefault("PATH", DefaultSpec.PATH) + ":/usr/sbin:/sbin";
    return Stream.of(path.split(":", -1))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** The program. */
  Path runtime() {
    return runtime;
  }

  @Override
  public RunningStep start(StepRequest request, OutputSink sink) {
    if (request.network() == NetworkMode.PRIVATE) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "a private network cannot be given to " + runtime,
          "use --network host or none, or the embedded launcher",
          null);
    }
    refuseLinks(request.rootfs());
    OciWorkdir.check(request);
    Path bundle;
    try {
      bundle = LauncherBinary.working("bundle-").toRealPath();
    } catch (IOException e) {
      throw noBundle(e);
    }
    try {
      return start(
          request, sink, bundle, StepCgroup.around(machine(request.limits()), request.limits()));
    } catch (RuntimeException e) {
      OciStep.delete(bundle);
      throw e;
    }
  }

  private RunningStep start(StepRequest request, OutputSink sink, Path bundle, StepCgroup cgroup) {
    try {
      Plan plan = plan(request, bundle, cgroup.runtimePath());
      OciLog log = OciLog.of(bundle);
      String memory = cgroup.memoryName();
      EmbeddedStep step =
          EmbeddedStep.launch(binary, plan, request, log.without(sink), cgroup, () -> {});
      return new OciStep(step, bundle, () -> OutOfMemory.inLog(request.limits(), memory, binary));
    } catch (IOException e) {
      cgroup.close();
      throw noBundle(e);
    } catch (RuntimeException e) {
      cgroup.close();
      throw e;
    }
  }

  private static BuildFailure noBundle(IOException e) {
    return new BuildFailure(
        BuildFailure.Kind.UNAVAILABLE, "bundle cannot be made: " + e.getMessage(), e);
  }

  /** Looked up once; what killed executors left is removed then. */
  private Cgroups machine(Limits limits) {
    Cgroups known = machine;
    if (known == null) {
      known = Cgroups.detect();
      CgroupRemoval.removeLeftovers(known, limits);
      machine = known;
    }
    return known;
  }

  /**
   * A runtime makes links below /dev by paths of its own side, where a /dev that is itself a link
   * of the image leads out of the image (runc 1.1.5 does so). /proc and /sys are held to the same.
   */
  private static void refuseLinks(Rootfs rootfs) {
    List<Path> layers = OciWorkdir.layers(rootfs);
    for (String name : List.of("dev", "proc", "sys")) {
      layers.stream()
          .map(layer -> layer.resolve(name))
          .filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS))
          .findFirst()
          .filter(Files::isSymbolicLink)
          .ifPresent(_ -> {
            throw new BuildFailure(
                BuildFailure.Kind.UNSUPPORTED,
                "/" + name + " of the image is a symbolic link, which OCI runtimes follow",
                "make it a directory, or leave the step to the embedded launcher",
                null);
          });
    }
  }

  private Plan plan(StepRequest request, Path bundle, String cgroup) throws IOException {
    List<Op> ops = new ArrayList<>();
    ops.add(
        new Op.Start(
            CLONE_NEWNS | CLONE_NEWPID,
            request.timeout().map(Duration::toMillis).orElse(0L),
            false,
            0,
            0));
    // The runtime passes on between its terminal and the one it makes for the step.
    Op.Input.add(ops, request.input(), false);
    ops.add(new Op.Scratch(LauncherBinary.scratch().toString()));
    Stacks stacks = new Stacks(ops, 400, false);
    int rootfs = stacks.add(request.rootfs(), 0);
    List<RuntimeSpec.Mount> mounts = new ArrayList<>();
    for (RuntimeSpec.Mount mount : OciMounts.of(request, Privileges.own())) {
      boolean bind = mount.source() != null && MountOptions.parse(mount).bind();
      mounts.add(
          bind
              ? new RuntimeSpec.Mount(
                  OciWorkdir.target(request, request.trees(), mount.destination()),
                  mount.type(),
                  mount.source(),
                  mount.options())
              : mount);
    }
    List<Op.Bind> shownTrees = new ArrayList<>();
    List<Op> shownFiles = new ArrayList<>();
    int n = 0;
    int trees = 0;
    for (RootfsMount tree : request.trees()) {
      String target = OciWorkdir.target(request, request.trees().subList(0, trees), tree.target());
      trees++;
      int stack = stacks.add(tree.source(), Op.Stack.NO_DEV);
      // Made when it is bound: only then is it known whether this is a directory or a file.
      Path point = Files.createDirectories(bundle.resolve("trees")).resolve("" + n++);
      shownTrees.add(new Op.Bind(stack, tree.subpath(), point.toString(), false, 0, false));
      mounts.add(RuntimeSpec.Mount.bind(point.toString(), target, tree.readOnly()));
    }
    for (FileMount file : request.files()) {
      Files.createDirectories(bundle.resolve("files"));
      Path point = Files.createFile(bundle.resolve("files/" + n++));
      FileMount there =
          new FileMount(
              point.toString(), file.content(), file.mode(), file.uid(), file.gid(), false);
      shownFiles.add(new Op.File(there, file.uid(), file.gid(), 0));
      mounts.add(
          RuntimeSpec.Mount.bind(
              point.toString(),
              OciWorkdir.target(request, request.trees(), file.target()),
              file.isReadOnly()));
    }
    mounts.sort(Comparator.comparing(m -> Path.of(m.destination()).normalize()));
    // In memory, as the files: its environment may hold secrets, which a kill would leave on disk.
    Path config = Files.createFile(bundle.resolve("config.json"));
    byte[] json = spec(request, mounts, cgroup).toJson();
    shownFiles.add(new Op.File(new FileMount(config.toString(), json, 0600, 0, 0, true), 0, 0, 0));
    for (RuntimeSpec.Mount mount : mounts) {
      if (!Planner.KEPT_STUBS.contains(mount.destination())
          && !mount.destination().startsWith("/dev/")
          && !mount.destination().startsWith("/sys/")) {
        ops.add(mountPoint(rootfs, mount, shownTrees));
      }
    }
    RuntimeSpec.StepProcess process = request.spec().process();
    ops.add(
        new Op.Target(rootfs, process.cwd(), false, process.user().uid(), process.user().gid()));
    // The whole file system of the executor, as the runtime's own, with the layers at one point.
    stacks.add(new Rootfs.Directory(Path.of("/")), 0);
    ops.add(new Op.Root());
    Path root = Files.createDirectory(bundle.resolve("rootfs"));
    ops.add(new Op.Bind(rootfs, "/", root.toString(), false, 0, false));
    ops.addAll(shownTrees);
    ops.addAll(shownFiles);
    ops.add(new Op.Mount("/proc", "proc", "proc", 0, "", false));
    ops.add(new Op.Pivot());
    ops.add(new Op.Identity(0, 0, 0022, false, List.of(0)));
    long all = Capability.mask(Capability.names());
    ops.add(new Op.Capabilities(all, all, all, 0, 0));
    if (Planner.sharesAbstractSockets(request)) {
      ops.add(new Op.Confine(Op.Confine.SOCKETS));
    }
    ops.add(
        new Op.Exec(
            List.of(
                runtime.toString(),
                "--root",
                bundle.resolve("state").toString(),
                "--log",
                OciLog.of(bundle).file().toString(),
                "--log-format",
                "json",
                "run",
                "--bundle",
                bundle.toString(),
                bundle.getFileName().toString()), // unique: its state is kept by this name
            List.of("PATH=" + DefaultSpec.PATH, "XDG_RUNTIME_DIR=" + bundle)));
    return new Plan(ops);
  }

  /** Where a mount goes, made as what is mounted there: the runtime would make it for good. */
  private static Op mountPoint(int rootfs, RuntimeSpec.Mount mount, List<Op.Bind> trees) {
    String source = mount.source();
    if (source == null || !MountOptions.parse(mount).bind()) {
      return new Op.Target(rootfs, mount.destination(), true, 0, 0);
    }
    return trees.stream()
        .filter(tree -> tree.target().equals(source))
        .findFirst()
        .map(tree -> new Op.MountPoint(rootfs, mount.destination(), tree.stack(), tree.source()))
        .orElseGet(() -> new Op.MountPoint(rootfs, mount.destination(), -1, source));
  }

  /** The request's spec with what an OCI runtime must be told on top. */
  private static RuntimeSpec spec(
      StepRequest request, List<RuntimeSpec.Mount> mounts, String cgroup) {
    RuntimeSpec.Linux linux = request.spec().linux();
    RuntimeSpec.Resources asked = linux.resources();
    List<RuntimeSpec.DeviceRule> devices =
        List.of(
            new RuntimeSpec.DeviceRule(false, null, null, null, "rwm"),
            new RuntimeSpec.DeviceRule(true, "c", null, null, "m"),
            new RuntimeSpec.DeviceRule(true, "b", null, null, "m"));
    return request
        .spec()
        .withMounts(mounts)
        .withRoot(new RuntimeSpec.Root("rootfs", false))
        .withLinux(
            new RuntimeSpec.Linux(
                linux.namespaces(),
                linux.uidMappings(),
                linux.gidMappings(),
                linux.devices(),
                cgroup.isEmpty() ? null : cgroup, // a path that is given must be had
                new RuntimeSpec.Resources(
                    devices,
                    asked == null ? null : asked.memory(),
                    asked == null ? null : asked.cpu(),
                    asked == null ? null : asked.pids(),
                    asked == null ? null : asked.blockIO(),
                    asked == null ? Map.of() : asked.unified()),
                linux.seccomp(),
                linux.sysctl(),
                linux.rootfsPropagation(),
                linux.maskedPaths(),
                linux.readonlyPaths(),
                linux.mountLabel()));
  }

  @Override
  public String describe() {
    return "OCI runtime " + runtime;
  }
}
