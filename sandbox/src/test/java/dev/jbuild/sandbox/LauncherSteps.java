package dev.jbuild.sandbox;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Has what the parts of {@link LauncherContract} run their steps with. */
@Timeout(180)
abstract class LauncherSteps {

  @TempDir Path dir;
  Rig rig;

  /** Makes the launcher under test, or skips with the reason. */
  abstract Rig rig(Path folder);

  /** Whether a terminal is told that its window has changed. */
  boolean passesSizesOn() {
    return true;
  }

  /** Whether it does so before the step's terminal is there. */
  boolean passesEarlySizesOn() {
    return true;
  }

  @BeforeEach
  void makeRig() {
    rig = rig(dir);
  }
}
