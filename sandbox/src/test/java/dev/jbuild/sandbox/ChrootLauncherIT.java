package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** Tier C, in a JVM that runs in the {@link PlainContainer} it is made for. */
@Tag("root")
class ChrootLauncherIT {

  @TempDir Path dir;

  /** What runs in there. */
  static final class Inside extends LauncherContract {
    @Override
    Rig rig(Path folder) {
      return new Rig(folder, new ChrootLauncher(), false, false);
    }

    @Test
    void devicesOpenOnAStoreThatIsMountedWithoutThem() throws IOException {
      assumeTrue(Files.isDirectory(PlainContainer.TMPFS), "not in a container of Docker's");
      Rig there = rig(Files.createTempDirectory(PlainContainer.TMPFS, "store"));
      assertThat(there.sh("[ -c /dev/null ] && echo x > /dev/null && head -c3 /dev/zero").text())
          .isEqualTo("\0\0\0");
      assertThat(there.sh("echo own > /dev/x && mv /dev/x /dev/full && cat /dev/full").text())
          .isEqualTo("own\n");
    }
  }

  /** The hostile steps; the limits are those of the container. */
  static final class Hostile extends HostileContract {
    @Override
    Rig rig(Path folder) {
      return new Rig(folder, new ChrootLauncher(), false, false);
    }

    @Test
    void forkBombIsHeldByTheLimitOfTheContainer() throws IOException {
      long limit = limit("pids/pids.max", "pids.max");
      assertThat(forks(rig.sh("attack forks 3000; echo tried"))).isLessThan((int) limit);
    }

    @Test
    void memoryBombIsHeldByTheLimitOfTheContainer() throws IOException {
      long limit = limit("memory/memory.limit_in_bytes", "memory.max");
      Rig.Run run = rig.sh("attack eat " + (limit >> 20) + " && echo REACHED; exit 9");
      assertThat(run.text()).doesNotContain("REACHED");
      assertThat(rig.sh("echo well").text()).isEqualTo("well\n");
    }

    private static long limit(String... files) throws IOException {
      for (String file : files) {
        Path path = Path.of("/sys/fs/cgroup", file);
        String text = Files.exists(path) ? Files.readString(path).strip() : "max";
        if (text.matches("\\d{1,12}")) {
          return Long.parseLong(text);
        }
      }
      throw new TestAbortedException("this container has no limit");
    }
  }

  @TempDir static Path shared;
  private static PlainContainer container;

  @BeforeAll
  static void startContainer() throws Exception {
    Rig.assumeRoot();
    container = PlainContainer.start(shared);
  }

  @AfterAll
  static void stopContainer() throws Exception {
    if (container != null) {
      container.close();
    }
  }

  @Test
  void containerIsOneOfDocker() {
    assumeTrue(container.missing().isEmpty(), container.missing());
  }

  @TestFactory
  Stream<DynamicTest> contract() throws Exception {
    return ForkedContract.tests(Inside.class, dir, container.script(false));
  }

  @TestFactory
  Stream<DynamicTest> contractUnderNoNewPrivileges() throws Exception {
    return ForkedContract.tests(Inside.class, dir, container.script(true));
  }

  @TestFactory
  Stream<DynamicTest> hostile() throws Exception {
    return ForkedContract.tests(
        Hostile.class, dir, container.script(false, "--memory 1g --pids-limit 400"));
  }
}
