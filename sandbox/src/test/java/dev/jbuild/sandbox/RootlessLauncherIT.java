package dev.jbuild.sandbox;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as an ordinary user, started as bin/jbuild starts it: in a JVM of its own. */
@Tag("root")
class RootlessLauncherIT {

  @TempDir Path dir;

  /** What runs inside the user namespace. */
  static final class Inside extends LauncherContract {
    @Override
    Rig rig(Path folder) {
      return new Rig(folder, new EmbeddedLauncher(Tier.B), true, true);
    }
  }

  /** The hostile steps there. */
  static final class Hostile extends HostileContract {
    @Override
    Rig rig(Path folder) {
      return new Rig(folder, new EmbeddedLauncher(Tier.B), true, true);
    }
  }

  // The user and its ranges exist in a private mount namespace only.
  private static final String AS_USER =
      """
      cat /etc/passwd > $DIR/passwd
      echo "jbuild-test:x:4711:4711::$DIR/home:/bin/sh" >> $DIR/passwd
      chown -R 4711:4711 $DIR/home $DIR/jbuild-init
      unshare --user true 2>/dev/null || { echo 'user namespaces are forbidden here' >&2; exit 77; }
      exec unshare -m sh -ec "
        mount --bind $DIR/passwd /etc/passwd
        touch /etc/subuid /etc/subgid
        mount --bind $DIR/subuid /etc/subuid
        mount --bind $DIR/subuid /etc/subgid
        cd $DIR/home
        exec setpriv --reuid 4711 --regid 4711 --clear-groups $DIR/jbuild-init userns $JAVA"
      """;

  private static final String RANGES = "echo jbuild-test:300000:65536 > $DIR/subuid\n";
  private static final String NO_RANGES = "echo somebody:1:1 > $DIR/subuid\n";
  private static final String ONE_ID = "the executor has one id";

  @TestFactory
  Stream<DynamicTest> contractWithRangesOfIds() throws Exception {
    Rig.assumeRoot();
    assumeTrue(Files.exists(Path.of("/usr/bin/newuidmap")), "no newuidmap: apt install uidmap");
    return ForkedContract.tests(Inside.class, dir, RANGES + AS_USER);
  }

  @TestFactory
  Stream<DynamicTest> contractWithOneId() throws Exception {
    Rig.assumeRoot();
    return ForkedContract.tests(Inside.class, dir, NO_RANGES + AS_USER, ONE_ID);
  }

  @TestFactory
  Stream<DynamicTest> hostileWithRangesOfIds() throws Exception {
    Rig.assumeRoot();
    assumeTrue(Files.exists(Path.of("/usr/bin/newuidmap")), "no newuidmap: apt install uidmap");
    return ForkedContract.tests(Hostile.class, dir, RANGES + AS_USER);
  }

  @TestFactory
  Stream<DynamicTest> hostileWithOneId() throws Exception {
    Rig.assumeRoot();
    return ForkedContract.tests(Hostile.class, dir, NO_RANGES + AS_USER, ONE_ID);
  }
}
