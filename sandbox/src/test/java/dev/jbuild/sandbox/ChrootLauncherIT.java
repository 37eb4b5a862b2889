package dev.jbuild.sandbox;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** Tier C, as root of the machine itself. */
@Tag("root")
class ChrootLauncherIT extends LauncherContract {
  @Override
  Rig rig(Path folder) {
    Rig.assumeRoot();
    return new Rig(folder, new ChrootLauncher(), false, false);
  }
}
