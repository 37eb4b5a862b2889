package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of both versions, in plain folders. */
class CgroupsTest {

  @TempDir Path dir;

  private static final Limits EVERYTHING =
      new Limits(
          OptionalLong.of(256 << 20),
          OptionalLong.of(384 << 20),
          OptionalDouble.of(1.5),
          OptionalLong.of(100),
          OptionalInt.of(500),
          Map.of("8:0", new Limits.IoBandwidth(1000, 2000)),
          Map.of(),
          OptionalLong.empty(),
          Optional.empty());

  @Test
  void hybridMachineHasItsControllersOnVersion1() throws IOException {
    Path memory = Files.createDirectories(dir.resolve("memory/self"));
    Path both = Files.createDirectories(dir.resolve("cpu,cpuacct"));
    Path unified = Files.createDirectories(dir.resolve("unified"));
    Cgroups machine =
        Cgroups.parse(
            """
            31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
            35 31 0:32 / %s rw,relatime - cgroup cgroup rw,memory
            36 31 0:33 / %s rw,relatime - cgroup cgroup rw,cpu,cpuacct
            41 31 0:38 / %s rw,relatime - cgroup2 cgroup2 rw,nsdelegate
            """
                .formatted(memory.getParent(), both, unified),
            "4:memory:/self\n3:cpu,cpuacct:/\n0::/\n");
    assertThat(machine.with("memory").map(Cgroups.Hierarchy::own)).contains(memory);
    assertThat(machine.with("cpu").map(Cgroups.Hierarchy::options)).contains("cpu,cpuacct");
    assertThat(machine.with("pids")).isEmpty();
    assertThat(machine.unified().map(Cgroups.Hierarchy::own)).contains(unified);
  }

  @Test
  void ownPathIsRelativeToTheRootOfTheMount() throws IOException {
    Path point = Files.createDirectories(dir.resolve("memory"));
    Path child = Files.createDirectories(point.resolve("child"));
    String mount = "35 31 0:32 /docker/abc " + point + " rw - cgroup cgroup rw,memory\n";
    assertThat(own(mount, "4:memory:/docker/abc\n")).isEqualTo(point);
    assertThat(own(mount, "4:memory:/docker/abc/child\n")).isEqualTo(child);
    assertThat(own(mount, "4:memory:/\n")).isEqualTo(point);
  }

  @Test
  void cgroupThatAnEarlierBuildMovedItsProcessesToIsNotTakenForTheExecutorsOwn()
      throws IOException {
    Path own = version2().unified().orElseThrow().own();
    Path leaf = Files.createDirectories(own.resolve("jbuild-executor"));
    String mount = "41 31 0:38 / %s rw - cgroup2 cgroup2 rw\n";
    assertThat(own(mount.formatted(own), "0::/jbuild-executor\n")).isEqualTo(own);
    Files.writeString(leaf.resolve("cgroup.controllers"), "memory\n");
    assertThat(own(mount.formatted(leaf), "0::/\n")).isEqualTo(leaf);
  }

  @Test
  void aRuntimeIsGivenNoPathWhereNoCgroupMayBeMade() throws IOException {
    assertThat(StepCgroup.around(new Cgroups(List.of()), Limits.NONE).runtimePath()).isEmpty();
    assertThat(StepCgroup.around(version2(), Limits.NONE).runtimePath())
        .matches("/jbuild-\\d+-\\d+/container");
  }

  private static Path own(String mountInfo, String membership) {
    return Cgroups.parse(mountInfo, membership).with("memory").orElseThrow().own();
  }

  private Cgroups version2() throws IOException {
    Path own = Files.createDirectories(dir.resolve("v2"));
    Files.writeString(own.resolve("cgroup.controllers"), "cpu io memory pids\n");
    Files.writeString(own.resolve("cgroup.subtree_control"), "cpu io memory pids\n");
    return Cgroups.parse("41 31 0:38 / " + own + " rw - cgroup2 cgroup2 rw\n", "0::/\n");
  }

  @Test
  void version2IsWrittenInItsOwnUnits() throws IOException {
    Cgroups machine = version2();
    try (StepCgroup cgroup = StepCgroup.create(machine, EVERYTHING, true)) {
      Path folder = Path.of(cgroup.procs().getFirst()).resolve("..").normalize();
      assertThat(cgroup.procs()).hasSize(1);
      assertThat(folder.resolve("memory.max")).hasContent("268435456");
      assertThat(folder.resolve("memory.swap.max")).hasContent("134217728");
      assertThat(folder.resolve("pids.max")).hasContent("100");
      assertThat(folder.resolve("cpu.max")).hasContent("150000 100000");
      assertThat(folder.resolve("io.weight")).hasContent("default 5000");
      assertThat(folder.resolve("io.max")).hasContent("8:0 rbps=1000 wbps=2000");
      assertThat(cgroup.needsDeviceProgram()).contains(folder);
      Files.writeString(folder.resolve("memory.events"), "low 0\noom 2\noom_kill 1\n");
      Files.writeString(folder.resolve("memory.peak"), "268435456\n");
      Files.writeString(folder.resolve("pids.peak"), "7\n");
      Files.writeString(
          folder.resolve("io.stat"), "8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2\n");
      assertThat(cgroup.meter().outOfMemory()).isTrue();
      assertThat(cgroup.meter().memoryPeak()).hasValue(268435456);
      assertThat(cgroup.meter().pidsPeak()).hasValue(7);
      assertThat(cgroup.meter().ioBytes(false)).hasValue(11);
      assertThat(cgroup.meter().ioBytes(true)).hasValue(22);
      cgroup.lift();
      assertThat(folder.resolve("cpu.max")).hasContent("max");
      assertThat(folder.resolve("io.max")).hasContent("8:0 rbps=max wbps=max");
      assertThat(folder.resolve("memory.max")).hasContent("268435456");
    }
  }

  @Test
  void version1IsWrittenInItsOwnUnits() throws IOException {
    StringBuilder mounts = new StringBuilder();
    StringBuilder membership = new StringBuilder();
    for (String controller : List.of("memory", "pids", "cpu", "blkio", "devices")) {
      Path own = Files.createDirectories(dir.resolve(controller));
      mounts.append("1 1 0:1 / ").append(own).append(" rw - cgroup cgroup rw,").append(controller);
      mounts.append('\n');
      membership.append("1:").append(controller).append(":/\n");
    }
    Limits limits =
        new Limits(
            EVERYTHING.memoryBytes(),
            EVERYTHING.memorySwapBytes(),
            EVERYTHING.cpus(),
            EVERYTHING.pids(),
            OptionalInt.empty(),
            EVERYTHING.ioBandwidth(),
            Map.of(),
            OptionalLong.empty(),
            Optional.of("/builds"));
    Cgroups machine = Cgroups.parse(mounts.toString(), membership.toString());
    try (StepCgroup cgroup = StepCgroup.create(machine, limits, true)) {
      assertThat(cgroup.procs()).hasSize(5).allMatch(p -> p.contains("/builds/jbuild-"));
      Path memory = Path.of(cgroup.procs().getFirst()).resolve("..").normalize();
      String name = memory.getFileName().toString();
      assertThat(memory.resolve("memory.limit_in_bytes")).hasContent("268435456");
      assertThat(memory.resolve("memory.memsw.limit_in_bytes")).hasContent("402653184");
      assertThat(dir.resolve("cpu/builds/" + name + "/cpu.cfs_quota_us")).hasContent("150000");
      assertThat(dir.resolve("blkio/builds/" + name + "/blkio.throttle.read_bps_device"))
          .hasContent("8:0 1000");
      assertThat(cgroup.guardsDevices()).isTrue();
      Files.writeString(memory.resolve("memory.oom_control"), "oom_kill_disable 0\noom_kill 0\n");
      assertThat(cgroup.meter().outOfMemory()).isFalse();
      Files.writeString(
          dir.resolve("blkio/builds/" + name + "/blkio.throttle.io_service_bytes"),
          "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n");
      assertThat(cgroup.meter().ioBytes(true)).hasValue(6);
      cgroup.lift();
      assertThat(dir.resolve("cpu/builds/" + name + "/cpu.cfs_quota_us")).hasContent("-1");
      assertThat(dir.resolve("blkio/builds/" + name + "/blkio.throttle.read_bps_device"))
          .hasContent("8:0 0");
      assertThat(dir.resolve("blkio/builds/" + name + "/blkio.throttle.write_bps_device"))
          .hasContent("8:0 0");
    }
  }

  /** Files of one folder, as a v2 kernel has them for the controller io. */
  private StepLimits io() {
    return new StepLimits(new ControlFiles(Map.of("io", dir, "blkio", dir), true, true));
  }

  private static Limits weight(int value) {
    return new Limits(
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        OptionalInt.of(value),
        Map.of(),
        Map.of(),
        OptionalLong.empty(),
        Optional.empty());
  }

  @Test
  void refusalIsInWords() {
    assertThat(ControlFiles.words(new AccessDeniedException("/sys/fs/cgroup/memory/x")))
        .isEqualTo("/sys/fs/cgroup/memory/x: permission denied");
  }

  @Test
  void weightThatTheKernelDoesNotKeepIsAnError() throws IOException {
    Files.createSymbolicLink(dir.resolve("io.weight"), Path.of("/dev/null"));
    assertThatThrownBy(() -> io().hold(weight(300)))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("limit io.weight is set to 3000, and the kernel keeps \"\"");
  }

  @Test
  void weightGoesToTheSchedulerOfVersion2Too() throws IOException {
    Files.writeString(dir.resolve("io.bfq.weight"), "default 100\n");
    io().hold(weight(300));
    assertThat(dir.resolve("io.bfq.weight")).hasContent("300");
    assertThat(dir.resolve("io.weight")).doesNotExist();
  }

  @Test
  void weightOfVersion1IsReadAgain() throws IOException {
    StepLimits blkio = new StepLimits(new ControlFiles(Map.of("blkio", dir), false, false));
    blkio.hold(weight(300));
    assertThat(dir.resolve("blkio.bfq.weight")).hasContent("300");
    Files.createSymbolicLink(dir.resolve("blkio.weight"), Path.of("/dev/null"));
    assertThatThrownBy(() -> blkio.hold(weight(300)))
        .hasMessage("limit blkio.weight is set to 300, and the kernel keeps \"\"");
  }

  @Test
  void limitWithoutACgroupIsRefused() {
    Cgroups none = new Cgroups(List.of());
    assertThatThrownBy(() -> StepCgroup.create(none, Limits.NONE.withMemory(16 << 20), false))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("no cgroup with the controller \"memory\" to hold the limit");
    try (StepCgroup cgroup = StepCgroup.create(none, Limits.NONE, true)) {
      assertThat(cgroup.procs()).isEmpty();
      assertThat(cgroup.guardsDevices()).isFalse();
    }
  }

  @Test
  void victimIsReadFromTheKernelsLog() {
    String log =
        """
        <6>[1.0] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a/jbuild-1-2,task_memcg=/a/jbuild-1-2,task=cc1plus,pid=5,uid=0
        <6>[2.0] oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/jbuild-1-3,task_memcg=/jbuild-1-3,task=java,pid=6,uid=1000
        """;
    assertThat(OutOfMemory.victim(log, "jbuild-1-2")).contains("cc1plus");
    assertThat(OutOfMemory.victim(log, "jbuild-1-3")).contains("java");
    assertThat(OutOfMemory.victim(log, "jbuild-1-4")).isEmpty();
    assertThat(Set.of(OutOfMemory.size(256 << 20), OutOfMemory.size(2L << 30)))
        .containsExactlyInAnyOrder("256 MiB", "2 GiB");
  }

  @Test
  void whatAKilledExecutorLeftIsRemovedWithWhatARuntimeMadeInIt() throws IOException {
    Path own = Files.createDirectories(dir.resolve("user"));
    Cgroups machine =
        new Cgroups(
            List.of(new Cgroups.Hierarchy("memory", false, Set.of("memory"), "memory", dir, own)));
    Path dead = Files.createDirectories(own.resolve("jbuild-99999999-1/container"));
    Path elsewhere = Files.createDirectories(dir.resolve("asked/jbuild-99999999-2"));
    Path living =
        Files.createDirectory(own.resolve("jbuild-" + ProcessHandle.current().pid() + "-1"));
    Path foreign = Files.createDirectories(own.resolve("jbuild-executor"));
    CgroupRemoval.removeLeftovers(machine, Limits.NONE.withCgroupParent("/asked"));
    assertThat(List.of(dead.getParent(), elsewhere)).noneMatch(Files::exists);
    assertThat(List.of(living, foreign)).allMatch(Files::exists);
  }

  @Test
  void aRuntimeIsGivenOnePathForAllHierarchies() {
    Cgroups.Hierarchy memory =
        new Cgroups.Hierarchy(
            "memory", false, Set.of("memory"), "memory", dir, dir.resolve("user/a"));
    Cgroups.Hierarchy pids =
        new Cgroups.Hierarchy("pids", false, Set.of("pids"), "pids", dir, dir.resolve("user"));
    assertThat(new Cgroups(List.of(memory, memory)).commonPath()).isEqualTo("/user/a");
    assertThat(new Cgroups(List.of(memory, pids)).commonPath()).isEqualTo("/");
    assertThat(new Cgroups(List.of()).commonPath()).isEqualTo("/");
  }
}
