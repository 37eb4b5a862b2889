package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Steps that take more than their share, and steps that will not end. */
abstract class HostileAppetite extends HostileSteps {

  @Test
  void forksWithoutEndDieWithTheStep() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    StepRequest bomb =
        rig.request(
                "/bin/sh",
                "-c",
                "echo up; f() { "
                    + Sleepers.sleep(1005)
                    + " & [ $1 -gt 0 ] && { f $(($1-1)) & f $(($1-1)) & }; }; f"
                    + " 6; while :; do (setsid "
                    + Sleepers.sleep(1005)
                    + " &); sleep 0.01; done")
            .build();
    try (RunningStep step = rig.launcher.start(bomb, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      while (Sleepers.alive(1005) < 20) {
        Thread.onSpinWait();
      }
      step.kill();
      step.await();
    }
    assertThat(Sleepers.alive(1005)).isZero();
  }

  @Test
  void nothingOutlivesTheStepsPid1() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    StepRequest request =
        rig.request(
                "/bin/sh",
                "-c",
                "(setsid " + Sleepers.sleep(1008) + " &); echo up; " + Sleepers.sleep(1008))
            .build();
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      assumeTrue(step instanceof EmbeddedStep, "an OCI runtime's own affair");
      // As the kernel does when memory is short.
      ProcessHandle.of(((EmbeddedStep) step).pid()).orElseThrow().destroyForcibly();
      assertThat(step.await().succeeded()).isFalse();
    }
    assertThat(Sleepers.alive(1008)).isZero();
  }

  @Test
  void sizeOfFilesCanBeLimited() {
    Rig.Run run =
        rig.sh(
            "dd if=/dev/zero of=/tmp/big bs=64k count=100; wc -c < /tmp/big",
            b ->
                b.limits(
                    Limits.NONE.withUlimits(Map.of("fsize", new Limits.Ulimit(1 << 20, 1 << 20)))));
    assertThat(run.text().strip()).endsWith("1048576");
  }

  /** Runs under limits of a cgroup, or sees that they are refused in words, and gives nothing. */
  private Optional<Rig.Run> limited(String script, Limits limits) {
    try {
      return Optional.of(rig.sh(script, b -> b.limits(limits)));
    } catch (BuildFailure e) {
      assertThat(e.kind()).isEqualTo(BuildFailure.Kind.UNSUPPORTED);
      assertThat(e).hasMessageContaining("limit").hasMessageContaining("cgroup");
      return Optional.empty();
    }
  }

  @Test
  void memoryBombDiesAtItsLimit() {
    limited(
            "attack eat 300 && echo REACHED; tail /dev/zero && echo REACHED; exit 9",
            Limits.NONE.withMemory(48 << 20))
        .ifPresent(run -> {
          assertThat(run.text()).doesNotContain("REACHED");
          assertThat(run.result().succeeded()).isFalse();
        });
  }

  @Test
  void memoryBombIsHeldByItsAddressSpace() {
    assumeTrue(!rig.initIsTheStep, "the runtime itself would be held by it");
    Limits.Ulimit space = new Limits.Ulimit(100 << 20, 100 << 20);
    Rig.Run run =
        rig.sh(
            "attack eat 300; echo tried",
            b -> b.limits(Limits.NONE.withUlimits(Map.of("as", space))));
    assertThat(run.text()).isEqualTo("refused eat: ENOMEM\ntried\n");
  }

  @Test
  void forkBombIsHeldByItsLimit() {
    limited("attack forks 3000; echo tried", Limits.NONE.withPids(50))
        .ifPresent(run -> assertThat(forks(run)).isLessThan(50));
  }

  @Test
  void forkBombOfAnOrdinaryUserIsHeldByItsLimit() {
    ResolvedUser somebody = new ResolvedUser(61_234, 61_234, List.of(), "/"); // who has no others
    Rig.Run run =
        rig.sh(
            "attack forks 3000; echo tried",
            b ->
                b.user(somebody)
                    .limits(Limits.NONE.withUlimits(Map.of("nproc", new Limits.Ulimit(60, 60)))));
    assertThat(forks(run)).isLessThan(60);
  }

  static int forks(Rig.Run run) {
    assertThat(run.text()).startsWith("forked ").endsWith("tried\n");
    return Integer.parseInt(run.lines().getFirst().substring(7));
  }

  @Test
  void sharedMemoryCannotBeFilledAboveItsSize() {
    assumeTrue(rig.mounts, "tier C has a directory of the disk there");
    Rig.Run run =
        rig.sh(
            "dd if=/dev/zero of=/dev/shm/big bs=1M count=80; wc -c < /dev/shm/big; rm"
                + " /dev/shm/big");
    assertThat(run.text().strip()).isEqualTo(Integer.toString(64 << 20));
    assertThat(run.errors()).contains("No space left on device");
  }

  @Test
  void daemonInASessionOfItsOwnDiesWithTheStep() {
    Rig.Run run =
        rig.sh(
            "(trap '' HUP TERM; setsid sh -c 'trap \"\" HUP TERM; setsid "
                + Sleepers.sleep(1006)
                + " & "
                + Sleepers.sleep(1006)
                + "'"
                + " &) >/dev/null 2>&1 </dev/null; while ! ps | grep -q '[s]leep 1006'; do sleep"
                + " 0.05; done; echo left");
    assertThat(run.text()).isEqualTo("left\n");
    assertThat(Sleepers.alive(1006)).isZero();
  }
}
