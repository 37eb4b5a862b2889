package dev.jbuild.sandbox;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The contract and the hostile steps through runc, and through crun where it starts. */
@Tag("root")
class OciLauncherIT {

  private static Rig rig(Path folder, String runtime) {
    Rig.assumeRoot();
    assumeTrue(
        OciLauncher.onPath(runtime).isPresent(), "no " + runtime + ": apt install " + runtime);
    Rig rig = new Rig(folder, OciLauncher.find(Optional.of(runtime)), true, false);
    if (runtime.equals("crun")) {
      Rig.Run run = rig.run(rig.request("true").build());
      assumeTrue(run.result().succeeded(), "crun does not start here: " + run.errors());
    }
    return rig;
  }

  @Nested
  class Runc extends LauncherContract {
    @Override
    Rig rig(Path folder) {
      return OciLauncherIT.rig(folder, "runc");
    }
  }

  @Nested
  class RuncHostile extends HostileContract {
    @Override
    Rig rig(Path folder) {
      return OciLauncherIT.rig(folder, "runc");
    }
  }

  @Nested
  class Crun extends LauncherContract {
    @Override
    Rig rig(Path folder) {
      return OciLauncherIT.rig(folder, "crun");
    }
  }
}
