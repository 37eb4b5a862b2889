package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** Limits, on the machine's own cgroup version, held alike whoever launches the step. */
@Tag("root")
@Timeout(180)
abstract class LimitsContract {

  @TempDir Path dir;
  Rig rig;

  /** Steps of the launcher at hand; an assumption fails where it does not start. */
  abstract Rig rig(Path folder);

  @BeforeEach
  void makeRig() {
    Rig.assumeRoot();
    Cgroups machine = Cgroups.detect();
    for (String controller : List.of("memory", "pids", "cpu")) {
      assumeTrue(
          machine.with(controller).filter(h -> Files.isWritable(h.own())).isPresent(),
          "no writable cgroup with the controller " + controller);
    }
    rig = rig(dir).withAttack();
  }

  @Test
  void stepAboveItsMemoryIsKilledAndTheMessageNamesWhatAndHowMuch() {
    StepResult result =
        rig.sh("attack eat 200; exit $?", b -> b.limits(Limits.NONE.withMemory(32 << 20))).result();
    assertThat(result.outOfMemory()).isTrue();
    assertThat(result.succeeded()).isFalse();
    assertThat(result.explanation())
        .hasValueSatisfying(text ->
            assertThat(text)
                .matches(
                    "out of memory \\(limit 32 MiB, peak 32 MiB(, killed process: attack)?\\)"));
    assertThat(result.usage().memoryPeakIsTotal()).isTrue();
    assertThat(result.usage().memoryPeakBytes()).isBetween(31L << 20, 32L << 20);
  }

  @Test
  void hintForAJvmComesWhereAJvmWasKilled() {
    StepResult result =
        rig.sh(
                "cp /bin/attack /tmp/java; /tmp/java eat 200; exit $?",
                b -> b.limits(Limits.NONE.withMemory(32 << 20)))
            .result();
    String text = result.explanation().orElseThrow();
    assumeTrue(text.contains("killed process"), "the kernel's log cannot be read");
    assertThat(text).contains("killed process: java); a JVM takes ").contains("MaxRAMPercentage");
  }

  @Test
  void weightIsWhatTheStepSees() {
    Limits limits =
        new Limits(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            OptionalInt.of(300),
            Map.of(),
            Map.of(),
            OptionalLong.empty(),
            Optional.empty());
    Rig.Run run;
    try {
      run =
          rig.sh(
              "cat /sys/fs/cgroup/blkio/blkio*.weight /sys/fs/cgroup/io*.weight",
              b -> b.limits(limits));
    } catch (BuildFailure e) {
      throw new TestAbortedException("this kernel holds no weight: " + e.getMessage());
    }
    // runc and crun map 10..1000 of version 1 to 1..10000, in the cgroup inside jbuild's; runc
    // 1.1.15
    // leaves it at that of bfq.
    String cost = rig.initIsTheStep ? "default 2930" : "default 3000";
    String bfqAlone = rig.initIsTheStep ? "default 300\ndefault 100" : cost;
    assertThat(run.text().strip()).isIn("300", cost, "default 300\n" + cost, bfqAlone);
  }

  @Test
  void stepBelowItsMemoryIsLeftAlone() {
    StepResult result =
        rig.sh("attack eat 10; true", b -> b.limits(Limits.NONE.withMemory(64 << 20))).result();
    assertThat(result.outOfMemory()).isFalse();
    assertThat(result.exitCode()).isZero();
    assertThat(result.usage().memoryPeakBytes()).isBetween(10L << 20, 64L << 20);
  }

  @Test
  void forkBombStopsAtTheLimitOfTasks() {
    Rig.Run run = rig.sh("attack forks 5000", b -> b.limits(Limits.NONE.withPids(40)));
    assertThat(run.text()).startsWith("forked ");
    assertThat(Integer.parseInt(run.text().strip().substring(7))).isBetween(20, 39);
    run.result().usage().pidsPeak().ifPresent(peak -> assertThat(peak).isLessThanOrEqualTo(40));
  }

  @Test
  void shareOfCpuTimeIsHeld() {
    StepResult result =
        rig.sh(
                "timeout 1 sh -c 'while :; do :; done'; true",
                b -> b.limits(Limits.NONE.withCpus(0.25)))
            .result();
    Duration used = result.usage().userCpu().plus(result.usage().systemCpu());
    // How long that second is, a busy machine decides; a quarter of it, and what one period may
    // add.
    assertThat(used)
        .isLessThan(result.usage().wall().multipliedBy(4).dividedBy(10).plusMillis(200));
  }

  @Test
  void killedStepLeavesAWriteThatItsLimitHoldsBack() throws Exception {
    StepRequest request = slowWrite().build();
    CountDownLatch running = new CountDownLatch(1);
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      running.await();
      awaitUninterruptibleWrite();
      step.kill();
      assertThat(step.await().killed()).isTrue();
    }
  }

  @Test
  void timedOutStepLeavesAWriteThatItsLimitHoldsBack() throws Exception {
    StepRequest request = slowWrite().timeout(Duration.ofSeconds(5)).build();
    try (RunningStep step = rig.launcher.start(request, (_, _) -> {})) {
      assertThat(step.await().timedOut()).isTrue();
    }
  }

  /** One write, which takes 512 s at its limit: more than the tests' time. */
  private StepRequest.Builder slowWrite() throws Exception {
    Limits limits =
        new Limits(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            Map.of(disk(), new Limits.IoBandwidth(0, 1 << 18)),
            Map.of(),
            OptionalLong.empty(),
            Optional.empty());
    return rig.request(
            "sh", "-c", "echo up; exec dd if=/dev/zero of=/big bs=128M count=1 oflag=direct")
        .limits(limits);
  }

  /** The whole disk below the tests' files, as the kernel numbers it. */
  private String disk() throws Exception {
    long number = (long) Files.getAttribute(dir, "unix:dev");
    long major = (number >> 8) & 0xfff;
    long minor = (number & 0xff) | ((number >> 12) & 0xfff00);
    Path block = Path.of("/sys/dev/block", major + ":" + minor);
    assumeTrue(Files.exists(block), "the tests' files are on no block device");
    Path real = block.toRealPath();
    Path disk =
        Files.exists(real.resolve("partition")) ? real.resolveSibling("dev") : real.resolve("dev");
    return Files.readString(disk).strip();
  }

  private static void awaitUninterruptibleWrite() throws Exception {
    while (true) {
      for (ProcessHandle child : ProcessHandle.current().descendants().toList()) {
        Path stat = Path.of("/proc", Long.toString(child.pid()), "stat");
        try {
          if (Files.readString(stat).contains("(dd) D ")) {
            return;
          }
        } catch (IOException _) {
          // It has ended since it was listed.
        }
      }
      LockSupport.parkNanos(10_000_000);
      if (Thread.interrupted()) {
        throw new InterruptedException("no write is held back");
      }
    }
  }

  @Test
  void sizeOfSharedMemoryIsHeld() {
    Limits limits =
        new Limits(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            Map.of(),
            Map.of(),
            OptionalLong.of(1 << 20),
            Optional.empty());
    assertThat(
            rig.sh(
                    "dd if=/dev/zero of=/dev/shm/f bs=64k count=100 2>/dev/null; wc -c <"
                        + " /dev/shm/f",
                    b -> b.limits(limits))
                .text()
                .strip())
        .isEqualTo("1048576");
  }

  @Test
  void cgroupsOfAStepAreGoneAfterIt() throws Exception {
    rig.sh("true", b -> b.limits(Limits.NONE.withMemory(64 << 20).withPids(100).withCpus(1)));
    for (Cgroups.Hierarchy hierarchy : Cgroups.detect().hierarchies()) {
      try (Stream<Path> below = Files.walk(hierarchy.mountPoint())) {
        assertThat(below.map(p -> p.getFileName().toString()))
            .noneMatch(n -> n.startsWith("jbuild-" + ProcessHandle.current().pid() + "-"));
      }
    }
  }

  @Test
  void cgroupOfAStepIsBelowTheParentThatIsAskedFor() throws Exception {
    String parent = "limits-" + ProcessHandle.current().pid();
    StepRequest request =
        rig.request("sh", "-c", "echo up; cat")
            .input(new StepInput.Pipe())
            .limits(Limits.NONE.withMemory(64 << 20).withCgroupParent(parent))
            .build();
    Path folder = Cgroups.detect().with("memory").orElseThrow().below(parent);
    CountDownLatch running = new CountDownLatch(1);
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      running.await();
      assertThat(processesBelow(folder)).isNotEmpty();
      step.endInput();
      assertThat(step.await().exitCode()).isZero();
    } finally {
      // A cgroup with another below it cannot be removed.
      for (Cgroups.Hierarchy hierarchy : Cgroups.detect().hierarchies()) {
        Files.deleteIfExists(hierarchy.below(parent));
      }
    }
  }

  private static List<String> processesBelow(Path folder) throws IOException {
    List<String> pids = new ArrayList<>();
    try (Stream<Path> below = Files.walk(folder)) {
      for (Path file : below.filter(p -> p.endsWith("cgroup.procs")).toList()) {
        pids.addAll(Files.readAllLines(file));
      }
    }
    return pids;
  }

  @Test
  void stepSeesItsCgroupAsTheRoot() {
    assertThat(rig.sh("grep memory /proc/self/cgroup | cut -d: -f3").text()).isIn("/\n", "");
    assertThat(rig.sh("cat /proc/self/cgroup").text()).doesNotContain("jbuild-");
  }

  @Test
  void nodesCanBeMadeButTheMachinesDevicesNotOpened() {
    assertThat(rig.sh("mknod -m 666 /tmp/null c 1 3 && echo x > /tmp/null && echo works").text())
        .isEqualTo("works\n");
    assertThat(rig.sh("attack block 7 0").text()).startsWith("refused block: EPERM");
    assertThat(rig.sh("attack char 1 1").text()).startsWith("refused char: EPERM");
  }
}
