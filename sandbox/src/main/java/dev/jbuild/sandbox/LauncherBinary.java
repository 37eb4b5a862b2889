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
 * private folder that goes when the JVM ends.
 */
final class LauncherBinary {

  static final String PROPERTY = "jbuild.init";
  private static final String RESOURCE = "/dev/jbuild/sandbox/jbuild-init";

  private static @Nullable Path unpacked;

  private LauncherBinary() {}

  /**
   * An executable file in a folder that holds nothing a step could be given.
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

  private static Path unpack() {
    try (InputStream in = LauncherBinary.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED,
            "no launcher was built for " + System.getProperty("os.arch"),
            "build jbuild on this machine with a C compiler (apt install gcc libc6-dev)",
            null);
      }
      Path folder = Files.createTempDirectory("jbuild-init-");
      Path file = folder.resolve("jbuild-init");
      Files.copy(in, file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r-x------"));
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(() -> {
                try {
                  Files.deleteIfExists(file);
                  Files.deleteIfExists(folder);
                } catch (IOException _) {
                  // Left for the system's cleaning of its temporary folder.
                }
              }));
      return file;
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "launcher cannot be unpacked: " + e.getMessage(), e);
    }
  }
}
