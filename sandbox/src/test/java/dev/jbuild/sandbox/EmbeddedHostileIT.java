package dev.jbuild.sandbox;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The hostile steps at tier A. */
@Tag("root")
class EmbeddedHostileIT extends HostileContract {
  @Override
  Rig rig(Path folder) {
    Rig.assumeRoot();
    return new Rig(folder, new EmbeddedLauncher(Tier.A), true, false);
  }
}
