package dev.jbuild.sandbox;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The embedded launcher as root, over an overlay. */
@Tag("root")
class EmbeddedLauncherIT extends LauncherContract {
  @Override
  Rig rig(Path folder) {
    Rig.assumeRoot();
    return new Rig(folder, new EmbeddedLauncher(Tier.A), true, false);
  }
}
