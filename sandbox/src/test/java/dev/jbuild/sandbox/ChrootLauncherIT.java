package dev.jbuild.sandbox;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

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
  }

  /** The hostile steps. */
  static final class Hostile extends HostileContract {
    @Override
    Rig rig(Path folder) {
      return new Rig(folder, new ChrootLauncher(), false, false);
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
    return ForkedContract.tests(Hostile.class, dir, container.script(false));
  }
}
