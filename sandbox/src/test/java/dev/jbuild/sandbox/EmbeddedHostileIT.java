package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The hostile steps at tier A. */
@Tag("root")
class EmbeddedHostileIT extends HostileContract {
  @Override
  Rig rig(Path folder) {
    Rig.assumeRoot();
    return new Rig(folder, new EmbeddedLauncher(Tier.A), true, false);
  }

  /** Who is trusted with the machine may use what listens there. */
  @Test
  void insecureStepReachesAbstractSocketsOfTheExecutor() throws Exception {
    String name = "jbuild-test-" + System.nanoTime();
    Process service = attackOutside("serve-abstract", name);
    try (BufferedReader out = service.inputReader()) {
      assertThat(out.readLine()).isEqualTo("waiting");
      assertThat(rig.sh("attack use-abstract " + name, b -> b.insecure(true)).lines())
          .containsExactly(
              "REACHED abstract stream",
              "REACHED abstract datagram",
              "REACHED abstract connection");
    } finally {
      service.destroyForcibly();
    }
  }
}
