package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The launcher as an ordinary user, started as bin/jbuild starts it: in a JVM of its own. */
@Tag("root")
class RootlessLauncherIT {

  private static final int USER = 4711;

  @TempDir Path dir;

  /** What runs inside the user namespace. */
  static final class Inside extends LauncherContract {
    @Override
    Rig rig(Path folder) {
      return new Rig(folder, new EmbeddedLauncher(Tier.B), true, true);
    }
  }

  @TestFactory
  Stream<DynamicTest> withRangesOfIds() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/newuidmap")), "no newuidmap: apt install uidmap");
    return contract(true);
  }

  @TestFactory
  Stream<DynamicTest> withOneId() throws Exception {
    return contract(false);
  }

  private Stream<DynamicTest> contract(boolean ranges) throws Exception {
    Rig.assumeRoot();
    List<String> results = run(ranges);
    assertThat(results).as("results").hasSizeGreaterThan(25);
    return results.stream()
        .map(line -> {
          String[] words = line.split(" ", 3);
          return DynamicTest.dynamicTest(
              words[1],
              () -> {
                if (words[0].equals("SKIP")) {
                  abort(words[2]);
                }
                assertThat(line).startsWith("PASS");
              });
        });
  }

  /** The user and its ranges exist in a private mount namespace only. */
  private List<String> run(boolean ranges) throws IOException, InterruptedException {
    Path home = Files.createDirectory(dir.resolve("home"));
    String classPath = ForkedContract.copyClassPath(Files.createDirectory(dir.resolve("cp")));
    Path init = dir.resolve("jbuild-init");
    Files.copy(LauncherBinary.locate(), init);
    Files.writeString(
        dir.resolve("passwd"),
        Files.readString(Path.of("/etc/passwd"))
            + "jbuild-test:x:"
            + USER
            + ":"
            + USER
            + "::"
            + home
            + ":/bin/sh\n");
    Files.writeString(
        dir.resolve("subuid"), ranges ? "jbuild-test:300000:65536\n" : "somebody:1:1\n");
    Path script = dir.resolve("start");
    Files.writeString(
        script,
        """
        set -e
        mount --bind %1$s/passwd /etc/passwd
        touch /etc/subuid /etc/subgid
        mount --bind %1$s/subuid /etc/subuid
        mount --bind %1$s/subuid /etc/subgid
        chown -R %2$d:%2$d %1$s/home %1$s/jbuild-init
        chmod 755 %1$s %1$s/jbuild-init; chmod -R a+rX %1$s/cp
        cd %1$s/home
        exec setpriv --reuid %2$d --regid %2$d --clear-groups %1$s/jbuild-init userns \
          %3$s -Djava.io.tmpdir=%1$s/home -Djbuild.init=%1$s/jbuild-init -Xmx200m -XX:+UseSerialGC \
          -XX:TieredStopAtLevel=1 -cp %4$s dev.jbuild.sandbox.ForkedContract \
          'dev.jbuild.sandbox.RootlessLauncherIT$Inside' %1$s/home/work
        """
            .formatted(
                dir, USER, Path.of(System.getProperty("java.home"), "bin", "java"), classPath));
    Process process =
        new ProcessBuilder("unshare", "-m", "sh", script.toString())
            .redirectError(dir.resolve("errors").toFile())
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader in = process.inputReader()) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.matches("(PASS|SKIP|FAIL) .*")) {
          lines.add(line);
        }
      }
    }
    process.waitFor();
    String errors = Files.readString(dir.resolve("errors"));
    assumeTrue(
        !errors.contains("no user namespace"), "this machine forbids user namespaces: " + errors);
    assertThat(lines).as(errors).isNotEmpty();
    return lines;
  }
}
