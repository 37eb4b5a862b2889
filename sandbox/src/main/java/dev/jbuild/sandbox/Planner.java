package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns a request into the plan that jbuild-init carries out at tier A or B. Pure. */
final class Planner {

  private static final long CLONE_NEWNS = 0x00020000L;
  private static final long CLONE_NEWCGROUP = 0x02000000L;
  private static final long CLONE_NEWUTS = 0x04000000L;
  private static final long CLONE_NEWIPC = 0x08000000L;
  private static final long CLONE_NEWPID = 0x20000000L;
  private static final long CLONE_NEWNET = 0x40000000L;

  /** Kept in the first layer when a step's mount made them, as BuildKit does. */
  static final Set<String> KEPT_STUBS = Set.of("/dev", "/proc", "/sys");

  /**
   * What does not come from the request.
   *
   * @param scratch a directory of the executor's that may be covered
   * @param cgroupProcs files to join, none for no cgroup
   * @param deviceCgroup a v2 cgroup that needs a device program, or empty
   * @param cgroupMounts what is shown at /sys/fs/cgroup
   * @param deviceGuard whether a cgroup keeps the step from devices; else its root is nodev
   * @param maxLowers layers that one overlay mount takes
   * @param ids how many ids the executor's user namespace has; 0 outside one
   * @param remap ids of the machine for a user namespace of the step's own, or null for none
   */
  record Setting(
      Path scratch,
      List<String> cgroupProcs,
      String deviceCgroup,
      List<Cgroups.Hierarchy> cgroupMounts,
      boolean deviceGuard,
      int maxLowers,
      long ids,
      @Nullable IdRange remap) {

    boolean userNamespace() {
      return ids > 0;
    }
  }

  private final StepRequest request;
  private final RuntimeSpec spec;
  private final Setting setting;
  private final List<Op> ops = new ArrayList<>();
  private final Stacks stacks;

  private Planner(StepRequest request, Setting setting) {
    this.request = request;
    this.spec = request.spec();
    this.setting = setting;
    this.stacks = new Stacks(ops, setting.maxLowers, setting.remap != null);
  }

  static Plan plan(StepRequest request, Setting setting) {
    return new Planner(request, setting).plan();
  }

  private Plan plan() {
    RuntimeSpec.User user = spec.process().user();
    if (setting.ids == 1 && (user.uid() != 0 || user.gid() != 0)) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "user " + user.uid() + ":" + user.gid() + " does not exist here: the executor has one id",
          "give this user a range in /etc/subuid and /etc/subgid and install newuidmap (uidmap)",
          null);
    }
    if (setting.remap != null && insecure(spec)) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "RUN --security=insecure asks for the machine's root, and ids are remapped",
          "use --userns-remap off",
          null);
    }
    ops.add(
        new Op.Start(
            CLONE_NEWNS
                | CLONE_NEWPID
                | CLONE_NEWIPC
                | CLONE_NEWUTS
                | CLONE_NEWCGROUP
                | (request.network() == NetworkMode.HOST ? 0 : CLONE_NEWNET),
            request.timeout().map(d -> Math.max(1, d.toMillis())).orElse(0L),
            request.network() == NetworkMode.PRIVATE,
            outsideUser(user.uid()),
            outsideGroup(user.gid())));
    Op.Input.add(ops, request.input(), true);
    if (setting.remap != null) {
      ops.add(
          new Op.UserNamespace(
              setting.remap.uidMap(),
              setting.remap.gidMap(),
              setting.remap.uid(),
              setting.remap.gid()));
    }
    if (!setting.deviceCgroup.isEmpty()) {
      ops.add(new Op.DeviceFilter(setting.deviceCgroup, DeviceProgram.instructions()));
    }
    setting.cgroupProcs.forEach(procs -> ops.add(new Op.Cgroup(procs)));
    ops.add(new Op.Scratch(setting.scratch.toString()));
    root();
    mounts();
    spec.linux().maskedPaths().forEach(path -> ops.add(new Op.Mask(path)));
    spec.linux().readonlyPaths().forEach(path -> ops.add(new Op.ReadOnly(path)));
    if (spec.hostname() != null) {
      ops.add(new Op.HostName(spec.hostname()));
    }
    if (request.network() != NetworkMode.HOST) {
      ops.add(new Op.Loopback());
    }
    ops.add(new Op.Cwd(spec.process().cwd(), outsideUser(user.uid()), outsideGroup(user.gid())));
    ops.add(new Op.Pivot());
    ProcessPlan.add(ops, spec, 0);
    if (sharesAbstractSockets(request)) {
      ops.add(ops.size() - 1, new Op.Confine(Op.Confine.SOCKETS));
    }
    return new Plan(ops);
  }

  /**
   * Whether the executor's abstract sockets are in reach of a step that is to be kept from them.
   */
  static boolean sharesAbstractSockets(StepRequest request) {
    return request.network() == NetworkMode.HOST && !insecure(request.spec());
  }

  /** Whether it is one of {@code RUN --security=insecure}. */
  private static boolean insecure(RuntimeSpec spec) {
    RuntimeSpec.Capabilities caps = spec.process().capabilities();
    return caps != null && caps.effective().contains("CAP_SYS_ADMIN");
  }

  private void root() {
    stacks.add(request.rootfs(), setting.deviceGuard ? 0 : Op.Stack.NO_DEV);
    ops.add(new Op.Root());
  }

  /** Everything below the root in the order of the paths, so that none covers another. */
  private void mounts() {
    record Target(String path, Runnable add) {}
    List<Target> targets = new ArrayList<>();
    spec.mounts().forEach(m -> targets.add(new Target(m.destination(), () -> mount(m))));
    request.trees().forEach(t -> targets.add(new Target(t.target(), () -> tree(t))));
    request.files().forEach(f -> targets.add(new Target(f.target(), () -> file(f))));
    targets.sort(Comparator.comparing(t -> Path.of(t.path).normalize()));
    targets.forEach(t -> t.add.run());
  }

  private void tree(RootfsMount tree) {
    int stack = stacks.add(tree.source(), Op.Stack.NO_DEV);
    ops.add(
        new Op.Bind(
            stack,
            tree.subpath(),
            tree.target(),
            false,
            MountOptions.NODEV | (tree.readOnly() ? MountOptions.RDONLY : 0),
            true));
  }

  private void mount(RuntimeSpec.Mount mount) {
    MountOptions options = MountOptions.parse(mount);
    String target = mount.destination();
    boolean removeStub = !KEPT_STUBS.contains(target);
    if (options.bind()) {
      if (mount.source() == null) {
        throw new BuildFailure(
            BuildFailure.Kind.INTERNAL, "bind mount at \"" + target + "\" has no source");
      }
      ops.add(
          new Op.Bind(
              -1,
              mount.source(),
              target,
              options.recursive(),
              options.flags() & MountOptions.RESTRICTIONS,
              removeStub));
    } else if ("cgroup".equals(mount.type())) {
      cgroup(target, options);
    } else {
      String type = mount.type() == null ? "" : mount.type();
      if (type.equals("sysfs") && bindsSys()) {
        ops.add(
            new Op.Bind(
                -1, "/sys", target, true, options.flags() & MountOptions.RESTRICTIONS, removeStub));
        return;
      }
      String source = mount.source() == null ? type : mount.source();
      ops.add(new Op.Mount(target, type, source, options.flags(), data(options), removeStub));
    }
    if (target.equals("/dev") && "tmpfs".equals(mount.type())) {
      devices();
    }
  }

  /** The machine's user for one of the step's. */
  private int outsideUser(int id) {
    return setting.remap == null ? id : outside(setting.remap, setting.remap.uid(), id);
  }

  /** The machine's group for one of the step's. */
  private int outsideGroup(int id) {
    return setting.remap == null ? id : outside(setting.remap, setting.remap.gid(), id);
  }

  private static int outside(IdRange remap, int first, int id) {
    if (id < 0 || id >= remap.count()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "id " + id + " is not among the " + remap.count() + " ids of the step",
          "give a larger range with --userns-remap UID:GID:COUNT",
          null);
    }
    return first + id;
  }

  private String data(MountOptions options) {
    if (setting.remap != null) {
      return options.data().replaceFirst("gid=5(?=,|$)", "gid=" + outsideGroup(5));
    }
    // The tty group is not mapped where there is one id.
    return setting.ids == 1 ? options.data().replaceFirst(",?gid=5(?=,|$)", "") : options.data();
  }

  /** sysfs shows a network namespace, and only the owner of that may mount it. */
  private boolean bindsSys() {
    return setting.userNamespace() && request.network() == NetworkMode.HOST;
  }

  private void cgroup(String target, MountOptions options) {
    long flags = options.flags();
    if (setting.cgroupMounts.size() == 1 && setting.cgroupMounts.getFirst().unified()) {
      if (bindsSys()) {
        // The machine's own cgroup2 comes with /sys, and no file system is mounted onto itself.
        ops.add(new Op.Mount(target, "tmpfs", "cgroup", flags, "mode=755,size=0", true));
      }
      ops.add(new Op.Mount(target, "cgroup2", "cgroup", flags, "", true));
      return;
    }
    if (setting.cgroupMounts.isEmpty() || setting.userNamespace()) {
      return; // v1 hierarchies cannot be mounted in a user namespace; /sys shows them read-only
    }
    ops.add(
        new Op.Mount(target, "tmpfs", "cgroup", flags & ~MountOptions.RDONLY, "mode=755", true));
    for (Cgroups.Hierarchy view : setting.cgroupMounts) {
      ops.add(
          new Op.Mount(
              target + "/" + view.name(),
              view.unified() ? "cgroup2" : "cgroup",
              "cgroup",
              flags,
              view.options(),
              true));
    }
    if ((flags & MountOptions.RDONLY) != 0) {
      ops.add(new Op.Mount(target, "", "", MountOptions.REMOUNT_BIND | flags, "", true));
    }
  }

  private void devices() {
    for (Op.Node node : ProcessPlan.DEVICE_NODES) {
      ops.add(
          setting.userNamespace() // the kernel makes no nodes there
              ? new Op.Bind(
                  -1,
                  node.target(),
                  node.target(),
                  false,
                  MountOptions.NOSUID | MountOptions.NOEXEC,
                  true)
              : new Op.Node(
                  node.target(), node.mode(), node.device(), outsideUser(0), outsideGroup(0)));
    }
    ops.add(new Op.Link("/dev/ptmx", "pts/ptmx"));
    ops.addAll(ProcessPlan.DEVICE_LINKS);
    ops.add(new Op.Link("/dev/core", "/proc/kcore"));
  }

  private void file(FileMount file) {
    ops.add(
        new Op.File(
            file,
            outsideUser(file.uid()),
            outsideGroup(file.gid()),
            MountOptions.NOSUID
                | MountOptions.NODEV
                | (file.isReadOnly() ? MountOptions.RDONLY : 0)
                | ((file.mode() & 0111) == 0 ? MountOptions.NOEXEC : 0)));
  }
}
