package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tier C: runs steps where nothing can be mounted and no namespace made, such as root in a
 * container of {@code docker run} without any flag. The step's root is a private copy, entered by
 * chroot, with no_new_privs and a filter of its own; what it needs of /proc is answered from
 * outside ({@code chroot.c, shadow.c}).
 *
 * <p>The network, host name and IPC of the executor's container are the step's too; memory and
 * tasks have the container's own limits. Files and trees that a mount would show are put into the
 * root before the step and taken out after it. A rootfs must be a {@link Rootfs.Directory}.
 */
public final class ChrootLauncher implements Launcher {

  /** SECCOMP_FILTER_FLAG_NEW_LISTENER. */
  private static final long NEW_LISTENER = 8;

  /** Calls with a path that may lead to /proc, and calls that signal by number: see chroot.c. */
  private static final List<String> ANSWERED =
      List.of(
          "open",
          "openat",
          "openat2",
          "stat",
          "lstat",
          "newfstatat",
          "statx",
          "access",
          "faccessat",
          "faccessat2",
          "readlink",
          "readlinkat",
          "chdir",
          "execve",
          "execveat",
          "kill",
          "tkill",
          "tgkill",
          "rt_sigqueueinfo",
          "rt_tgsigqueueinfo");

  /**
   * Calls that could touch the executor, which shares the view of processes and, for root, the user
   * id with the step.
   */
  private static final Set<String> REFUSED =
      Set.of(
          "ptrace",
          "process_vm_readv",
          "process_vm_writev",
          "kcmp",
          "pidfd_getfd",
          // a chroot inside a chroot is the way out of both
          "chroot");

  /** Refused as if the kernel did not have them, so that programs fall back to kill. */
  private static final Set<String> ABSENT =
      Set.of("pidfd_open", "pidfd_send_signal", "process_mrelease");

  /** Calls whose first argument, a process, must be the caller itself. */
  private static final Set<String> OWN_ONLY =
      Set.of(
          "prlimit64",
          "sched_setaffinity",
          "sched_setscheduler",
          "sched_setparam",
          "sched_setattr");

  /** fcntl(2): who is signalled when a file is ready, by number and by a struct. */
  private static final int F_SETOWN = 8;

  private static final int F_SETOWN_EX = 15;

  /** ioctl(2): FIOSETOWN and SIOCSPGRP, which do the same. */
  private static final List<Integer> OWNER_REQUESTS = List.of(0x8901, 0x8902);

  /** Nodes that may be made: overlay's whiteout, and those of every /dev. */
  private static final List<int[]> NODES =
      List.of(
          new int[] {0, 0},
          new int[] {1, 3},
          new int[] {1, 5},
          new int[] {1, 7},
          new int[] {1, 8},
          new int[] {1, 9},
          new int[] {5, 0},
          new int[] {5, 2});

  private static final int FILE_TYPE = 0170000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int[] HARMLESS_TYPES = {0, 0010000, 0100000, 0140000};

  private static final int ENOSYS = 38;

  private final Path binary;

  public ChrootLauncher() {
    this.binary = LauncherBinary.locate();
  }

  @Override
  public RunningStep start(StepRequest request, OutputSink sink) {
    if (!(request.rootfs() instanceof Rootfs.Directory(Path directory))) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, "tier C cannot mount an overlay: the root must be a copy");
    }
    if (request.network() != NetworkMode.HOST) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "network "
              + request.network().name().toLowerCase(Locale.ROOT)
              + " needs a namespace, which isolation chroot has not",
          "use the network of the executor's container (--network host), or run it with"
              + " CAP_SYS_ADMIN",
          null);
    }
    StepCgroup cgroup =
        StepCgroup.create(
            new Cgroups(List.of()), request.limits(), false); // refuses limits that need one
    Path root;
    try {
      root = directory.toRealPath();
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND, "root directory " + directory + " is not there", e);
    }
    ExecutableMount.require(root);
    CopiedMounts mounts = CopiedMounts.place(root, request);
    try {
      return EmbeddedStep.launch(
          binary, plan(request, root), request, sink, cgroup, mounts::remove);
    } catch (RuntimeException e) {
      mounts.remove();
      throw e;
    }
  }

  static Plan plan(StepRequest request, Path root) {
    RuntimeSpec spec = request.spec();
    RuntimeSpec.StepProcess process = spec.process();
    RuntimeSpec.User user = process.user();
    List<Op> ops = new ArrayList<>();
    ops.add(
        new Op.Start(
            0,
            request.timeout().map(d -> Math.max(1, d.toMillis())).orElse(0L),
            false,
            user.uid(),
            user.gid()));
    Op.Input.add(ops, request.input(), false);
    ops.add(new Op.Jail(root.toString()));
    ops.addAll(ProcessPlan.DEVICE_NODES);
    ops.addAll(ProcessPlan.DEVICE_LINKS);
    ops.add(new Op.Cwd(process.cwd(), user.uid(), user.gid()));
    ops.add(new Op.Chroot());
    RuntimeSpec jailed =
        spec.withProcess(
                new RuntimeSpec.StepProcess(
                    false,
                    user,
                    process.args(),
                    process.env(),
                    process.cwd(),
                    withoutChroot(process.capabilities()),
                    process.rlimits(),
                    true, // a filter of an unprivileged process needs it
                    null,
                    process.oomScoreAdj(),
                    null))
            .withLinux(withFilter(spec.linux()));
    ProcessPlan.add(ops, jailed, NEW_LISTENER);
    ops.add(ops.size() - 1, new Op.Confine());
    return new Plan(ops);
  }

  private static RuntimeSpec.@Nullable Capabilities withoutChroot(
      RuntimeSpec.@Nullable Capabilities caps) {
    return caps == null
        ? null
        : new RuntimeSpec.Capabilities(
            without(caps.bounding()),
            without(caps.effective()),
            without(caps.inheritable()),
            without(caps.permitted()),
            without(caps.ambient()));
  }

  private static List<String> without(List<String> names) {
    return names.stream().filter(name -> !name.equals("CAP_SYS_CHROOT")).toList();
  }

  private static RuntimeSpec.Linux withFilter(RuntimeSpec.Linux linux) {
    RuntimeSpec.Seccomp policy =
        linux.seccomp() == null
            ? SeccompProfile.dockerDefault().resolve(DefaultSpec.CAPABILITIES)
            : linux.seccomp();
    return new RuntimeSpec.Linux(
        linux.namespaces(),
        linux.uidMappings(),
        linux.gidMappings(),
        linux.devices(),
        linux.cgroupsPath(),
        linux.resources(),
        jail(policy),
        linux.sysctl(),
        linux.rootfsPropagation(),
        linux.maskedPaths(),
        linux.readonlyPaths(),
        linux.mountLabel());
  }

  /** The policy, tightened; for the machine's own architecture only, whose calls chroot.c knows. */
  static RuntimeSpec.Seccomp jail(RuntimeSpec.Seccomp policy) {
    List<RuntimeSpec.Syscall> rules = new ArrayList<>();
    rules.add(new RuntimeSpec.Syscall(ANSWERED, "SCMP_ACT_NOTIFY", null, List.of()));
    rules.add(new RuntimeSpec.Syscall(List.copyOf(REFUSED), "SCMP_ACT_ERRNO", 1, List.of()));
    rules.add(new RuntimeSpec.Syscall(List.copyOf(ABSENT), "SCMP_ACT_ERRNO", ENOSYS, List.of()));
    rules.add(
        new RuntimeSpec.Syscall(
            List.copyOf(OWN_ONLY), "SCMP_ACT_ALLOW", null, List.of(equal(0, 0))));
    // which must be PRIO_PROCESS or IOPRIO_WHO_PROCESS, who the caller
    rules.add(
        new RuntimeSpec.Syscall(
            List.of("setpriority"), "SCMP_ACT_ALLOW", null, List.of(equal(0, 0), equal(1, 0))));
    rules.add(
        new RuntimeSpec.Syscall(
            List.of("ioprio_set"), "SCMP_ACT_ALLOW", null, List.of(equal(0, 1), equal(1, 0))));
    Set<String> own = new HashSet<>(ANSWERED);
    own.addAll(REFUSED);
    own.addAll(ABSENT);
    own.addAll(OWN_ONLY);
    own.addAll(List.of("setpriority", "ioprio_set", "mknod", "mknodat", "fcntl", "ioctl"));
    rules.addAll(nodes("mknod", 1));
    rules.addAll(nodes("mknodat", 2));
    rules.addAll(owners());
    for (RuntimeSpec.Syscall rule : policy.syscalls()) {
      List<String> names = rule.names().stream().filter(n -> !own.contains(n)).toList();
      if (!names.isEmpty()) {
        rules.add(new RuntimeSpec.Syscall(names, rule.action(), rule.errnoRet(), rule.args()));
      }
    }
    return new RuntimeSpec.Seccomp(
        policy.defaultAction(),
        policy.defaultErrnoRet(),
        policy.architectures().subList(0, 1),
        policy.flags(),
        rules);
  }

  /** No device controller can be had here, so that devices are kept from being made. */
  private static List<RuntimeSpec.Syscall> nodes(String call, int mode) {
    List<RuntimeSpec.Syscall> rules = new ArrayList<>();
    for (int type : HARMLESS_TYPES) {
      rules.add(
          new RuntimeSpec.Syscall(
              List.of(call), "SCMP_ACT_ALLOW", null, List.of(type(mode, type))));
    }
    for (int[] node : NODES) {
      rules.add(
          new RuntimeSpec.Syscall(
              List.of(call),
              "SCMP_ACT_ALLOW",
              null,
              List.of(
                  type(mode, CHARACTER_DEVICE), equal(mode + 1, ((long) node[0] << 8) | node[1]))));
    }
    return rules;
  }

  /**
   * A file's owner gets a signal of the caller's choice, SIGKILL too; for root it may be any
   * process. The number of F_SETOWN is judged outside; what is in memory could change meanwhile.
   */
  private static List<RuntimeSpec.Syscall> owners() {
    List<RuntimeSpec.Syscall> rules = new ArrayList<>();
    rules.add(
        new RuntimeSpec.Syscall(
            List.of("fcntl"), "SCMP_ACT_NOTIFY", null, List.of(request(F_SETOWN))));
    rules.add(
        new RuntimeSpec.Syscall(
            List.of("fcntl"), "SCMP_ACT_ERRNO", 1, List.of(request(F_SETOWN_EX))));
    for (int request : OWNER_REQUESTS) {
      rules.add(
          new RuntimeSpec.Syscall(
              List.of("ioctl"), "SCMP_ACT_ERRNO", 1, List.of(request(request))));
    }
    RuntimeSpec.SeccompArg any = new RuntimeSpec.SeccompArg(0, 0, 0, "SCMP_CMP_MASKED_EQ");
    rules.add(
        new RuntimeSpec.Syscall(List.of("fcntl", "ioctl"), "SCMP_ACT_ALLOW", null, List.of(any)));
    return rules;
  }

  /** The second argument, of which the kernel takes 32 bits. */
  private static RuntimeSpec.SeccompArg request(int value) {
    return new RuntimeSpec.SeccompArg(1, 0xffffffffL, value, "SCMP_CMP_MASKED_EQ");
  }

  private static RuntimeSpec.SeccompArg type(int index, int type) {
    return new RuntimeSpec.SeccompArg(index, FILE_TYPE, type, "SCMP_CMP_MASKED_EQ");
  }

  private static RuntimeSpec.SeccompArg equal(int index, long value) {
    return new RuntimeSpec.SeccompArg(index, value, 0, "SCMP_CMP_EQ");
  }

  @Override
  public String describe() {
    return "chroot launcher, tier C";
  }
}
