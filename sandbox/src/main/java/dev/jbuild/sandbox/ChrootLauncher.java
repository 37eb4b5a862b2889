package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
    refuseLimits(request.limits());
    StepCgroup none = StepCgroup.create(new Cgroups(List.of()), Limits.NONE, false);
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
      return EmbeddedStep.launch(binary, plan(request, root), request, sink, none, mounts::remove);
    } catch (RuntimeException e) {
      mounts.remove();
      throw e;
    }
  }

  /** A plain container shows its cgroups read-only, if at all. */
  private static void refuseLimits(Limits limits) {
    limits.controllers().stream()
        .findFirst()
        .ifPresent(controller -> {
          throw new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "isolation chroot has no cgroup to hold the limit on \"" + controller + "\"",
              "limit the executor's container instead (docker run --memory, a pod's resources)",
              null);
        });
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
                    null,
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
    ops.add(ops.size() - 1, new Op.Confine(Op.Confine.ALL));
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
    SeccompFilter policy =
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
        ChrootPolicy.jail(policy),
        linux.sysctl(),
        linux.rootfsPropagation(),
        linux.maskedPaths(),
        linux.readonlyPaths(),
        linux.mountLabel());
  }

  @Override
  public String describe() {
    return "chroot launcher, tier C";
  }
}
