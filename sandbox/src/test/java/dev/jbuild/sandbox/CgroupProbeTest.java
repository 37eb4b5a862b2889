package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CgroupProbeTest {

  private static final Privileges ROOT = new Privileges(0, -1, false, 4294967295L, false, 0);
  private static final Privileges ROOT_OF_A_NAMESPACE = new Privileges(0, -1, true, 65537, true, 0);

  @TempDir Path dir;

  private static Cgroups version2(Path own, String... controllers) {
    return new Cgroups(
        List.of(new Cgroups.Hierarchy("cgroup", true, Set.of(controllers), "", own, own)));
  }

  @Test
  void everyLimitCanBeHeld() {
    Probe probe =
        CgroupProbe.of(version2(dir, "cpuset", "memory", "pids", "cpu", "io"), ROOT_OF_A_NAMESPACE);
    assertThat(probe.verdict()).isEqualTo(Probe.Verdict.GOOD);
    assertThat(probe.finding()).isEqualTo("version 2, limits on memory, pids, cpu, io");
  }

  @Test
  void controllersThatAreNotPassedOnAreNamed() {
    Probe probe = CgroupProbe.of(version2(dir, "memory", "pids"), ROOT_OF_A_NAMESPACE);
    assertThat(probe.verdict()).isEqualTo(Probe.Verdict.LIMITED);
    assertThat(probe.finding()).isEqualTo("version 2, limits on memory, pids, none on cpu, io");
    assertThat(probe.fix()).get().asString().contains("user@.service");
    assertThat(CgroupProbe.of(version2(dir, "memory", "pids", "cpu"), ROOT).fix())
        .contains("write +io to cgroup.subtree_control of the cgroup above");
  }

  /** A folder that is not there can be written by nobody, root included. */
  @Test
  void whatMayNotBeWrittenIsReadOnlyToRootAndNotDelegatedToOthers() {
    Cgroups machine = version2(dir.resolve("gone"), "memory", "pids", "cpu", "io");
    Probe root = CgroupProbe.of(machine, ROOT);
    assertThat(root.finding()).contains("mounted read-only");
    assertThat(root.fix()).get().asString().contains("remount,rw");
    Probe user = CgroupProbe.of(machine, ROOT_OF_A_NAMESPACE);
    assertThat(user.finding()).contains("nothing is delegated");
    assertThat(user.fix()).get().asString().contains("Delegate=yes");
  }

  @Test
  void systemdCannotDelegateVersion1() throws Exception {
    Path own = Files.createDirectory(dir.resolve("memory"));
    Cgroups machine =
        new Cgroups(
            List.of(
                new Cgroups.Hierarchy(
                    "memory", false, Set.of("memory"), "memory", own, own.resolve("gone"))));
    assertThat(CgroupProbe.of(machine, ROOT_OF_A_NAMESPACE).fix())
        .contains("run as root, or on a machine with cgroup version 2");
  }

  @Test
  void noneIsMounted() {
    assertThat(CgroupProbe.of(new Cgroups(List.of()), ROOT).finding()).contains("none is mounted");
  }
}
