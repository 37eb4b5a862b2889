package dev.jbuild.sandbox;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tier C, in a JVM with the capabilities that Docker gives, and a view of processes of its own: a
 * filter that fails must not let a hostile step kill the machine that tests it.
 */
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

  private static final String CONTAINED =
      """
      exec unshare --fork --pid --kill-child --mount --mount-proc --ipc \\
        setpriv --bounding-set=-all,+chown,+dac_override,+fsetid,+fowner,+mknod,+net_raw,+setgid,\
      +setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write%s \\
        sh -c "$JAVA"
      """;

  @TestFactory
  Stream<DynamicTest> contract() throws Exception {
    Rig.assumeRoot();
    return ForkedContract.tests(Inside.class, dir, CONTAINED.formatted(""));
  }

  @TestFactory
  Stream<DynamicTest> contractUnderNoNewPrivileges() throws Exception {
    Rig.assumeRoot();
    return ForkedContract.tests(Inside.class, dir, CONTAINED.formatted(" --no-new-privs"));
  }

  @TestFactory
  Stream<DynamicTest> hostile() throws Exception {
    Rig.assumeRoot();
    return ForkedContract.tests(Hostile.class, dir, CONTAINED.formatted(""));
  }
}
