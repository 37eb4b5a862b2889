package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Runs one step that only looks around: whether a launcher can, and what its steps get. */
final class Trial {

  private Trial() {}

  /**
   * Runs the step over layers of its own and returns what it saw, in the kernel's words.
   *
   * @param overlay whether the root is an overlay, else one directory
   * @param place where the layers are put, on the file system that matters; null for any
   * @throws BuildFailure if the launcher cannot run the step
   */
  static String run(Launcher launcher, boolean overlay, @Nullable Path place) {
    Path folder = null;
    try {
      folder =
          place == null
              ? Files.createTempDirectory("jbuild-inspect-")
              : Files.createTempDirectory(place, "inspect-");
      Path root = Files.createDirectory(folder.resolve("lower"));
      Path program = root.resolve("inspect");
      Files.copy(LauncherBinary.locate(), program);
      program.toFile().setExecutable(true, false);
      Rootfs rootfs =
          overlay
              ? new Rootfs.Overlay(
                  List.of(root),
                  Files.createDirectory(folder.resolve("upper")),
                  Files.createDirectory(folder.resolve("work")),
                  Privileges.own().userNamespace())
              : new Rootfs.Directory(root);
      return output(launcher, StepRequest.builder(rootfs, List.of("/inspect", "inspect")).build());
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "step cannot be inspected: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(BuildFailure.Kind.CANCELLED, "interrupted", e);
    } finally {
      if (folder != null) {
        delete(folder);
      }
    }
  }

  private static String output(Launcher launcher, StepRequest request) throws InterruptedException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (RunningStep step =
        launcher.start(
            request,
            (_, chunk) -> {
              byte[] bytes = new byte[chunk.remaining()];
              chunk.get(bytes);
              output.writeBytes(bytes);
            })) {
      StepResult result = step.await();
      if (!result.succeeded()) {
        throw new BuildFailure(
            BuildFailure.Kind.UNAVAILABLE,
            "step cannot be run: " + result.explanation().orElse("exit code " + result.exitCode()));
      }
    }
    return output.toString(StandardCharsets.UTF_8);
  }

  /** Removes a folder as far as that goes; it is temporary. */
  static void delete(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException _) {
      // overlay's own work folder may be closed to an ordinary user; it is temporary
    }
  }
}
