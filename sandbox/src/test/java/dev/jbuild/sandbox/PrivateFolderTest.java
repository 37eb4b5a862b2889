package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateFolderTest {

  private static final String PREFIX = "jbuild-test-";

  @TempDir Path shared;
  private PrivateFolder own;

  /** Another jbuild: holds a folder until it is killed. */
  static final class Other {
    public static void main(String[] args) throws IOException {
      Path made = PrivateFolder.make(Path.of(args[0]), PREFIX).path();
      Files.createDirectories(made.resolve("bundle/rootfs"));
      System.out.println(Files.writeString(made.resolve("bundle/config.json"), "x").getParent());
      System.out.flush();
      System.exit(System.in.read());
    }
  }

  @BeforeEach
  void makeOwn() throws IOException {
    own = PrivateFolder.make(shared, PREFIX);
  }

  @Test
  void folderOfAKilledProcessIsRemovedAndThatOfALivingOneIsNot() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                shared.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = other.inputReader()) {
      Path bundle = Path.of(out.readLine());
      own.removeAbandoned(PREFIX);
      assertThat(bundle.resolve("config.json")).exists();
      other.destroyForcibly().waitFor();
      own.removeAbandoned(PREFIX);
      assertThat(bundle.getParent()).doesNotExist();
      assertThat(own.path()).exists();
    } finally {
      other.destroyForcibly();
    }
  }

  private Path abandoned(String name) throws IOException {
    Path folder = Files.createDirectory(shared.resolve(PREFIX + name));
    Files.createFile(folder.resolve("lock"));
    return folder;
  }

  @Test
  void linksAreRemovedButNotFollowed() throws IOException {
    Path outside = Files.createDirectory(shared.resolve("outside"));
    Files.writeString(outside.resolve("kept"), "x");
    Files.createFile(outside.resolve("lock"));
    Path folder = abandoned("1");
    Files.createSymbolicLink(folder.resolve("link"), outside);
    Path instead = Files.createSymbolicLink(shared.resolve(PREFIX + "2"), outside);
    Path lockElsewhere = Files.createDirectory(shared.resolve(PREFIX + "3"));
    Files.createSymbolicLink(lockElsewhere.resolve("lock"), outside.resolve("lock"));
    own.removeAbandoned(PREFIX);
    assertThat(folder).doesNotExist();
    assertThat(outside.resolve("kept")).hasContent("x");
    assertThat(instead).isSymbolicLink();
    assertThat(lockElsewhere.resolve("lock")).isSymbolicLink();
  }

  @Test
  void whatHasNoLockIsLeftAlone() throws IOException {
    Path folder = Files.createDirectory(shared.resolve(PREFIX + "of-an-older-version"));
    Path other = Files.createDirectory(shared.resolve("other-1"));
    Files.createFile(other.resolve("lock"));
    own.removeAbandoned(PREFIX);
    assertThat(folder).exists();
    assertThat(other).exists();
  }

  @Test
  void folderOfAnotherUserIsLeftAlone() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "not root: cannot give files away");
    Path folder = abandoned("1");
    Files.setAttribute(folder, "unix:uid", 4711);
    own.removeAbandoned(PREFIX);
    assertThat(folder.resolve("lock")).exists();
  }

  @Test
  void ownFolderIsStillHeldAfterALookAtIt() throws Exception {
    own.removeAbandoned(PREFIX);
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Sweeper.class.getName(),
                shared.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(other.waitFor()).isZero();
    assertThat(own.path()).exists();
  }

  /** Another jbuild that starts meanwhile. */
  static final class Sweeper {
    public static void main(String[] args) throws IOException {
      PrivateFolder mine = PrivateFolder.make(Path.of(args[0]), PREFIX);
      mine.removeAbandoned(PREFIX);
      mine.remove();
    }
  }

  @Test
  void removedWithWhatIsInIt() throws IOException {
    Files.createDirectories(own.path().resolve("a/b"));
    own.remove();
    assertThat(own.path()).doesNotExist();
  }
}
