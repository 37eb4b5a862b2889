package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Where jbuild-init is: the file that the property {@code jbuild.init} names (a distribution's
 * {@code lib/jbuild-init}), or the one inside our own jar, unpacked once for each process into a
 * private folder that goes when the JVM ends, or after a kill when the next one starts.
 */
final class LauncherBinary {

  static final String PROPERTY = "jbuild.init";
  private static final String RESOURCE = "/dev/jbuild/sandbox/jbuild-init";

  private static final String PREFIX = "jbuild-init-";
  private static @Nullable PrivateFolder folder;
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

  /** A new empty folder, which the caller removes; else it goes when the JVM ends. */
  static synchronized Path working(String prefix) throws IOException {
    return Files.createTempDirectory(folder(), prefix);
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
    if (folder != null && Files.isDirectory(folder.path())) {
      return folder.path();
    }
    try {
      PrivateFolder made =
          PrivateFolder.make(Path.of(System.getProperty("java.io.tmpdir")), PREFIX);
      Files.createDirectory(made.path().resolve("mnt"));
      try {
        Runtime.getRuntime().addShutdownHook(new Thread(made::remove));
      } catch (IllegalStateException e) {
        // The hook of the folder before this one has run: a signal ends the program.
        made.remove();
        throw new BuildFailure(
            BuildFailure.Kind.CANCELLED, "interrupted; no other step is started", e);
      }
      folder = made;
      Thread.ofVirtual().start(() -> made.removeAbandoned(PREFIX)); // no step waits for it
      return made.path();
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private static BuildFailure unavailable(IOException e) {
    return new BuildFailure(
        BuildFailure.Kind.UNAVAILABLE, "launcher cannot be unpacked: " + e.getMessage(), e);
  }
}
