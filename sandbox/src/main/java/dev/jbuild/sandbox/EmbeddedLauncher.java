package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Starts steps through jbuild-init: one small static program, no daemon, no runtime to install.
 *
 * <p>The plan goes to its standard input, which then carries commands (kill, signal, go on) and, by
 * closing, the death of the JVM; frames with output and the result come back on its standard
 * output. So the JDK's own process start suffices, and nothing is forked inside the JVM.
 */
public final class EmbeddedLauncher implements Launcher {

  private final Path binary;
  private final Tier tier;
  private final int maxLowers;
  private final @Nullable IdRange remap;
  private volatile @Nullable Cgroups machine;

  /**
   * A launcher for a tier that was probed.
   *
   * @throws BuildFailure if the launcher's program is not to be had
   */
  public EmbeddedLauncher(Tier tier) {
    this(LauncherBinary.locate(), tier, 400, null);
  }

  /** With a given program, number of layers for one overlay mount, and cgroups. */
  EmbeddedLauncher(Path binary, Tier tier, int maxLowers, @Nullable Cgroups machine) {
    this(binary, tier, maxLowers, machine, null);
  }

  private EmbeddedLauncher(
      Path binary, Tier tier, int maxLowers, @Nullable Cgroups machine, @Nullable IdRange remap) {
    this.remap = remap;
    this.machine = machine;
    this.binary = binary;
    this.tier = tier;
    this.maxLowers = maxLowers;
  }

  /**
   * The same for steps whose root is an ordinary id of the machine, while layers keep 0:0: they are
   * shown to the step with shifted ids. Needs Linux 5.19 and a file system that can do so. Upper
   * and work directory of an overlay must be siblings; plain bind mounts are not shifted, trees
   * are.
   *
   * @throws BuildFailure of kind UNSUPPORTED at tier B, whose steps have an ordinary id anyway
   */
  public EmbeddedLauncher remapped(IdRange range) {
    if (tier != Tier.A) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, "ids are remapped at tier A only, and this is " + tier);
    }
    return new EmbeddedLauncher(binary, tier, maxLowers, machine, range);
  }

  @Override
  public RunningStep start(StepRequest request, OutputSink sink) {
    if (request.network() == NetworkMode.PRIVATE) {
      PrivateNetwork.require();
    }
    Cgroups machine = machine(request.limits());
    StepCgroup cgroup =
        StepCgroup.create(machine, request.limits(), tier == Tier.A); // B opens no devices anyway
    try {
      return start(request, sink, machine, cgroup);
    } catch (RuntimeException e) {
      cgroup.close();
      throw e;
    }
  }

  private RunningStep start(
      StepRequest request, OutputSink sink, Cgroups machine, StepCgroup cgroup) {
    Plan plan =
        Planner.plan(
            request,
            new Planner.Setting(
                LauncherBinary.scratch(),
                cgroup.procs(),
                cgroup.needsDeviceProgram().map(Path::toString).orElse(""),
                machine.hierarchies(),
                cgroup.guardsDevices(),
                maxLowers,
                tier == Tier.B ? Privileges.own().ids() : 0,
                remap));
    return EmbeddedStep.launch(binary, plan, request, sink, cgroup, () -> {});
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

  @Override
  public String describe() {
    return "embedded launcher, tier " + tier + (remap == null ? "" : ", ids remapped");
  }
}
