package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Limits of the embedded launcher; see OciLauncherIT for runtimes. */
class LimitsIT extends LimitsContract {

  @Override
  Rig rig(Path folder) {
    return new Rig(folder, new EmbeddedLauncher(Tier.A), true, false);
  }

  @Test
  void ulimitThatCannotBeHadIsAClearError() {
    long tooMuch = 1L << 40;
    assertThatThrownBy(() ->
            rig.sh(
                "true",
                b ->
                    b.limits(
                        Limits.NONE.withUlimits(
                            Map.of("nofile", new Limits.Ulimit(tooMuch, tooMuch))))))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("cannot set a resource limit: \"nofile\": operation not permitted");
  }

  @Test
  void deviceProgramOfVersion2HoldsTheSameRules() throws Exception {
    Cgroups machine = Cgroups.detect();
    assumeTrue(machine.unified().isPresent(), "no cgroup v2 is mounted");
    Cgroups only =
        new Cgroups(machine.hierarchies().stream().filter(Cgroups.Hierarchy::unified).toList());
    Rig own =
        new Rig(
                Files.createDirectory(dir.resolve("v2")),
                new EmbeddedLauncher(LauncherBinary.locate(), Tier.A, 400, only),
                true,
                false)
            .withAttack();
    assertThat(own.sh("mknod -m 666 /tmp/null c 1 3 && echo x > /tmp/null && echo works").text())
        .isEqualTo("works\n");
    assertThat(own.sh("attack block 7 0").text()).startsWith("refused block: EPERM");
    assertThat(own.sh("attack char 1 1").text()).startsWith("refused char: EPERM");
    assertThat(own.sh("echo x > /dev/null; head -c1 /dev/urandom | wc -c").text().strip())
        .isEqualTo("1");
  }
}
