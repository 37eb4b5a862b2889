package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tier A with root of a step as an ordinary id of the machine. */
@Tag("root")
class RemappedLauncherIT {

  private static final IdRange RANGE = new IdRange(500_000, 600_000, 65_536);

  private static Rig rig(Path folder) {
    Rig.assumeRoot();
    return new Rig(folder, new EmbeddedLauncher(Tier.A).remapped(RANGE), true, false);
  }

  @Nested
  class Contract extends LauncherContract {
    @Override
    Rig rig(Path folder) {
      return RemappedLauncherIT.rig(folder);
    }

    @Test
    void rootOfTheStepIsNobodyOutsideAndItsFilesAreRoots() throws Exception {
      Rig.Run run =
          rig.sh("cat /proc/self/uid_map; id -u; touch /made; mkdir /dir; chown 1000:1000 /dir");
      assertThat(run.lines().getFirst().strip().split("\\s+", -1))
          .containsExactly("0", "500000", "65536");
      assertThat(run.lines().getLast()).isEqualTo("0");
      assertThat(Files.getAttribute(rig.upper.resolve("made"), "unix:uid")).isEqualTo(0);
      assertThat(Files.getAttribute(rig.upper.resolve("dir"), "unix:uid")).isEqualTo(1000);
    }

    @Test
    void machineSeesAnOrdinaryUserAndGroup() throws Exception {
      String status;
      String script = "echo runs; sleep 1077; exit";
      CountDownLatch runs = new CountDownLatch(1);
      StepRequest request = rig.request("sh", "-c", script).build();
      try (RunningStep step = rig.launcher.start(request, (_, _) -> runs.countDown())) {
        assertThat(runs.await(120, TimeUnit.SECONDS)).isTrue();
        status = statusOf("sh -c " + script + " ");
        step.kill();
        step.await();
      }
      assertThat(status.lines().map(line -> line.strip().split("\\s+", -1)))
          .contains(
              new String[] {"Uid:", "500000", "500000", "500000", "500000"},
              new String[] {"Gid:", "600000", "600000", "600000", "600000"});
    }

    /** What /proc says of a process outside, or "". */
    private static String statusOf(String command) {
      try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
        for (Path process : processes.filter(p -> Files.exists(p.resolve("cmdline"))).toList()) {
          try {
            if (Files.readString(process.resolve("cmdline")).replace('\0', ' ').equals(command)) {
              return Files.readString(process.resolve("status"));
            }
          } catch (IOException _) {
            // It has ended.
          }
        }
        return "";
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Test
    void insecureStepIsRefused() {
      assertThatThrownBy(() -> rig.sh("true", b -> b.insecure(true)))
          .hasMessageContaining("ids are remapped");
    }

    @Test
    void setuidProgramActsAsRootOfTheStep() throws Exception {
      rig.withAttack();
      assertThat(rig.sh("chmod 4755 /bin/attack").result().succeeded()).isTrue();
      ResolvedUser builder = new ResolvedUser(1000, 1000, List.of(), "/");
      assertThat(rig.sh("attack euid", b -> b.user(builder)).text()).isEqualTo("euid 0\n");
    }

    @Test
    void filesOfTheLayersAreRootsInTheStep() {
      assertThat(rig.sh("stat -c %u:%g /bin/busybox /etc/passwd / /dev/null /tmp").lines())
          .containsOnly("0:0");
    }

    @Test
    void treesAreShiftedToo() throws Exception {
      Path cache = Files.createDirectory(dir.resolve("cache"));
      Files.writeString(cache.resolve("f"), "x");
      assertThat(
              rig.sh(
                      "stat -c %u /cache/f; echo y > /cache/g",
                      b ->
                          b.tree(
                              new RootfsMount("/cache", new Rootfs.Directory(cache), "/", false)))
                  .text())
          .isEqualTo("0\n");
      assertThat(Files.getAttribute(cache.resolve("g"), "unix:uid")).isEqualTo(0);
    }

    @Test
    void idOutsideTheRangeIsRefused() {
      assertThatThrownBy(
              () -> rig.sh("id", b -> b.user(new ResolvedUser(70_000, 0, List.of(), "/"))))
          .hasMessage("id 70000 is not among the 65536 ids of the step");
    }
  }

  @Nested
  class Hostile extends HostileContract {
    @Override
    Rig rig(Path folder) {
      return RemappedLauncherIT.rig(folder);
    }
  }
}
