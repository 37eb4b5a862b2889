package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a step is shown of a machine that has cgroup version 2 alone. */
class PlannerTest {

  private static final Path CGROUP = Path.of("/sys/fs/cgroup");
  private static final Cgroups.Hierarchy VERSION_2 =
      new Cgroups.Hierarchy("cgroup", true, Set.of("memory"), "", CGROUP, CGROUP);

  /** Types of what is mounted at /sys/fs/cgroup, in order. */
  private static List<String> mounted(long ids, NetworkMode network) {
    StepRequest request =
        StepRequest.builder(new Rootfs.Directory(Path.of("/layer")), List.of("true"))
            .network(network)
            .build();
    Planner.Setting setting =
        new Planner.Setting(
            Path.of("/tmp"), List.of(), "", List.of(VERSION_2), false, 400, ids, null);
    return Planner.plan(request, setting).ops().stream()
        .filter(Op.Mount.class::isInstance)
        .map(Op.Mount.class::cast)
        .filter(mount -> mount.target().equals(CGROUP.toString()))
        .map(Op.Mount::type)
        .toList();
  }

  @Test
  void cgroupOfAMachinesOwnSysIsCoveredBeforeTheStepsOwnIsMounted() {
    assertThat(mounted(65537, NetworkMode.HOST)).containsExactly("tmpfs", "cgroup2");
  }

  @Test
  void aSysOfTheStepsOwnHasNoneToCover() {
    assertThat(mounted(65537, NetworkMode.NONE)).containsExactly("cgroup2");
    assertThat(mounted(0, NetworkMode.HOST)).containsExactly("cgroup2");
  }
}
