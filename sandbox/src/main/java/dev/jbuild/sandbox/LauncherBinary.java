package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where jbuild-init is: the file that the property {@code jbuild.init} names (a distribution's
 * {@code lib/jbuild-init}), or the one inside our own jar, unpacked once for each process into a
 * private folder that goes when the JVM ends.
 */
final class LauncherBinary {

  static final String PROPERTY = "jbuild.init";
  private static final String RESOURCE = "/dev/jbuild/sandbox/jbuild-init";

  private static @Nullable Path folder;
  private static @Nullable Path unpacked;

  private LauncherBinary() {}

  /**
   * An executable file.
   *
   * @throws BuildFailure if there is none for this machine
   */
  static synchronized Path locate() {
    String configured = System.getProperty(PROPERTY);
    if (configured != null) {
      Path path = Path.of(configured).toAbsolutePath();
      if (!Files.isExecutable(path)) {
        throw new BuildFailure(
            BuildFailure.Kind.NOT_FOUND,
            "launcher " + path + " is not an executable file",
            "correct the property " + PROPERTY,
            null);
      }
      return path;
    }
    if (unpacked == null || !Files.isExecutable(unpacked)) {
      unpacked = unpack();
    }
    return unpacked;
  }

  /**
   * An empty folder that every step's mount namespace may cover with its own working space; nothing
   * is ever written to it.
   */
  static synchronized Path scratch() {
    return folder().resolve("mnt");
  }

  private static Path unpack() {
    try (InputStream in = LauncherBinary.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED,
            "no launcher was built for " + System.getProperty("os.arch"),
            "build jbuild on this machine with a C compiler (apt install gcc libc6-dev)",
            null);
      }
      Path file = folder().resolve("jbuild-init");
      Files.deleteIfExists(file);
      Files.copy(in, file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r-x------"));
      return file;
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static Path folder() {
    if (folder != null && Files.isDirectory(folder)) {
      return folder;
    }
    try {
      Path made = Files.createTempDirectory("jbuild-init-");
      Files.createDirectory(made.resolve("mnt"));
      try {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(made)));
      } catch (IllegalStateException e) {
        // The hook of the folder before this one has run: a signal ends the program.
        remove(made);
        throw new BuildFailure(
            BuildFailure.Kind.CANCELLED, "interrupted; no other step is started", e);
      }
      folder = made;
      return made;
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static BuildFailure unavailable(IOException e) {
    return new BuildFailure(
        BuildFailure.Kind.UNAVAILABLE, "launcher cannot be unpacked: " + e.getMessage(), e);
  }

  private static void remove(Path made) {
    for (String name : List.of("jbuild-init", "mnt", "")) {
      try {
        Files.deleteIfExists(made.resolve(name));
      } catch (IOException _) {
        // Left for the system's cleaning of its temporary folder.
      }
    }
  }
}
