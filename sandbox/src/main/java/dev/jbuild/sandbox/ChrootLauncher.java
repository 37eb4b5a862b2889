package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Tier C: runs steps where nothing can be mounted and no namespace made, such as root in a
 * container of {@code docker run} without any flag. The step's root is a private copy, entered by
 * chroot, with no_new_privs and a filter of its own; what it needs of /proc is answered from
 * outside ({@code chroot.c}).
 *
 * <p>The network, host name and IPC of the executor's container are the step's too; memory and
 * tasks have the container's own limits. Files and trees that a mount would show are put into the
 * root before the step and taken out after it. A rootfs must be a {@link Rootfs.Directory}.
 */
public final class ChrootLauncher implements Launcher {

  /** SECCOMP_FILTER_FLAG_NEW_LISTENER. */
  private static final long NEW_LISTENER = 8;

  /** Calls with a path that may lead to /proc, and calls that signal by number. */
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
      Set.of("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd");

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
                    process.capabilities(),
                    process.rlimits(),
                    true, // a filter of an unprivileged process needs it
                    null,
                    process.oomScoreAdj(),
                    null))
            .withLinux(withFilter(spec.linux()));
    ProcessPlan.add(ops, jailed, NEW_LISTENER);
    return new Plan(ops);
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
    own.addAll(List.of("setpriority", "ioprio_set"));
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

  private static RuntimeSpec.SeccompArg equal(int index, long value) {
    return new RuntimeSpec.SeccompArg(index, value, 0, "SCMP_CMP_EQ");
  }

  @Override
  public String describe() {
    return "chroot launcher, tier C";
  }
}
