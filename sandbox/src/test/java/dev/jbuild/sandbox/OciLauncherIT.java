package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

/** The contract and the hostile steps through runc, and through crun where it starts. */
@Tag("root")
class OciLauncherIT {

  private static Rig rig(Path folder, String runtime) {
    Rig.assumeRoot();
    assumeTrue(
        OciLauncher.onPath(runtime).isPresent(), "no " + runtime + ": apt install " + runtime);
    Rig rig = new Rig(folder, OciLauncher.find(Optional.of(runtime)), true, false);
    if (runtime.equals("crun")) {
      try {
        // apart: what a run leaves in the layers would be there before a test has made them
        Rig trial =
            new Rig(Files.createDirectory(folder.resolve("trial")), rig.launcher, true, false);
        trial.run(trial.request("true").build());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (BuildFailure e) {
        assertThat(e).hasMessageMatching("OCI runtime cannot run the step: .*\\w.*");
        throw new TestAbortedException("crun does not start here: " + e.getMessage());
      }
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
  class RuncLimits extends LimitsContract {
    @Override
    Rig rig(Path folder) {
      return OciLauncherIT.rig(folder, "runc");
    }
  }

  /** "crun version 1.8.1". */
  private static String version(String runtime) {
    try {
      Process process = new ProcessBuilder(runtime, "--version").start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .findFirst()
          .orElse("")
          .replaceFirst(".* ", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runtimes that fail to start a step, as crun and runc tell it in their logs. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"msg\":\"cgroups in hybrid mode not supported\",\"level\":\"error\",\"time\":\"t\"}",
        "{\"level\":\"error\",\"msg\":\"cgroups in hybrid mode not supported\",\"time\":\"t\"}",
      })
  void failureToStartIsNotTheStepsExitCode(String line, @TempDir Path folder) throws IOException {
    Rig.assumeRoot();
    Path runtime = folder.resolve("runtime");
    Files.writeString(
        runtime,
        "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = --log ] && log=$2; shift; done\n"
            + "echo '"
            + line
            + "' > \"$log\"; exit 1\n");
    runtime.toFile().setExecutable(true);
    Rig rig =
        new Rig(
            Files.createDirectory(folder.resolve("rig")),
            OciLauncher.find(Optional.of(runtime.toString())),
            true,
            false);
    assertThatThrownBy(() -> rig.run(rig.request("true").build()))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("OCI runtime cannot run the step: cgroups in hybrid mode not supported");
  }

  @Test
  void errorOfTheRuntimeIsToldOnce(@TempDir Path folder) {
    Rig.Run run = run(rig(folder, "runc"), "/bin/nothing");
    assertThat(run.result().exitCode()).isEqualTo(127);
    assertThat(run.result().explanation().orElse("")).contains("/bin/nothing");
    assertThat(run.errors()).isEmpty();
  }

  private static Rig.Run run(Rig rig, String... command) {
    return rig.run(rig.request(command).build());
  }

  @Test
  void readOnlyTreeBehindALinkStaysReadOnly(@TempDir Path folder) throws IOException {
    Rig rig = rig(folder, "runc");
    Path source = Files.createDirectory(folder.resolve("source"));
    Files.createSymbolicLink(source.resolve("y"), Path.of("/dev/shm/a"));
    Files.writeString(source.resolve("is"), "there");
    Files.createDirectories(rig.lower.resolve("x/y"));
    Files.createSymbolicLink(rig.lower.resolve("m"), Path.of("/x/y/.."));
    RootfsMount tree = new RootfsMount("/m", new Rootfs.Directory(source), "/", true);
    Rig.Run run = rig.sh("touch /x/new 2> /dev/null; cat /x/is", b -> b.tree(tree));
    assertThat(run.text()).isEqualTo("there");
    assertThat(source.resolve("new")).doesNotExist();
  }

  /** Only the runtime's own error is, and only at the end of a write. */
  @Test
  void whatTheStepSaysIsPassedOn(@TempDir Path folder) throws IOException {
    ByteArrayOutputStream passed = new ByteArrayOutputStream();
    OciLog log = new OciLog(folder.resolve("log"));
    OutputSink sink =
        log.without((_, chunk) -> {
          byte[] bytes = new byte[chunk.remaining()];
          chunk.get(bytes);
          passed.writeBytes(bytes);
        });
    write(sink, "no\n");
    Files.writeString(log.file(), "{\"level\":\"error\",\"msg\":\"no\"}\n");
    write(sink, "before\nno\n");
    write(sink, "no\n");
    write(sink, "no, but\n");
    assertThat(passed).hasToString("no\nbefore\nno, but\n");
  }

  private static void write(OutputSink sink, String text) {
    sink.write(OutputSink.Stream.STDERR, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** The bundle's specification has the step's environment, in which secrets can be. */
  @Test
  void theSpecificationTouchesNoDisk(@TempDir Path folder) throws IOException {
    Rig.assumeRoot();
    Path runtime = folder.resolve("runtime");
    Files.writeString(
        runtime,
        """
        #!/bin/sh
        while [ $# -gt 0 ]; do [ "$1" = --bundle ] && bundle=$2; shift; done
        grep " $bundle/config.json " /proc/self/mountinfo
        cat "$bundle/config.json"
        """);
    runtime.toFile().setExecutable(true);
    Rig rig =
        new Rig(
            Files.createDirectory(folder.resolve("rig")),
            OciLauncher.find(Optional.of(runtime.toString())),
            true,
            false);
    Rig.Run run = rig.run(rig.request("true").build());
    assertThat(run.text().lines().findFirst().orElse("")).contains(" - tmpfs ");
    assertThat(run.text()).contains("ociVersion");
  }

  /** CVE-2024-21626: a runtime holds descriptors of the executor's side when it goes there. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc/self/fd/7",
        "/tmp/../proc/1/cwd",
        "/link",
        "/up/fd/7",
        "/made/tree",
        "/loop"
      })
  void aWorkingDirectoryBelowProcIsRefused(String cwd, @TempDir Path folder) throws IOException {
    Rig rig = rig(folder, "runc");
    Files.createSymbolicLink(rig.lower.resolve("link"), Path.of("/proc/self/fd/9999"));
    Files.createDirectory(rig.lower.resolve("opt"));
    Files.createSymbolicLink(rig.lower.resolve("up"), Path.of("opt/../proc/self"));
    Files.createSymbolicLink(rig.lower.resolve("loop"), Path.of("loop"));
    Path tree = Files.createDirectory(folder.resolve("tree"));
    Files.createSymbolicLink(tree.resolve("tree"), Path.of("../proc/self/fd/9999"));
    assertThatThrownBy(() ->
            rig.sh(
                "true",
                b ->
                    b.cwd(cwd)
                        .tree(new RootfsMount("/made", new Rootfs.Directory(tree), "/", true))))
        .isInstanceOf(BuildFailure.class)
        .hasMessageStartingWith("working directory \"" + cwd + "\" leads ");
  }

  @Nested
  class CrunHostile extends HostileContract {
    @Override
    Rig rig(Path folder) {
      return OciLauncherIT.rig(folder, "crun");
    }
  }

  @Nested
  class Crun extends LauncherContract {
    @Override
    Rig rig(Path folder) {
      return OciLauncherIT.rig(folder, "crun");
    }

    /** Before 1.8.7 the signal was given to the step, whose terminal was as before. */
    @Override
    boolean passesSizesOn() {
      return SeccompProfile.atLeast(version("crun"), "1.9");
    }

    @Override
    boolean passesEarlySizesOn() {
      return false; // 1.21 sets the first size once its terminal is there
    }
  }

  @Nested
  class CrunLimits extends LimitsContract {
    @Override
    Rig rig(Path folder) {
      return OciLauncherIT.rig(folder, "crun");
    }
  }
}
