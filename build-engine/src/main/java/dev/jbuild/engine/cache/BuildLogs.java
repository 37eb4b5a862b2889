package dev.jbuild.engine.cache;

import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the whole output of RUN steps lies: {@code cache/logs/BUILD/STEP.log} below the store, both
 * streams in the order in which they were read, byte for byte.
 *
 * <p>The logs of the last builds are kept, and no more of them than {@link #MOST_BYTES} together,
 * but always those of the last one, which the {@linkplain BuildNotes notes} name.
 */
public final class BuildLogs {
  /** Held by the process that writes into the directory it is in. */
  public static final String LOCK = ".lock";

  static final int MOST_BUILDS = 20;
  static final long MOST_BYTES = 1L << 30;
  private static final int LONGEST_NAME = 200;

  private BuildLogs() {}

  /** The directory of logs of a store's cache directory. */
  public static Path directory(Path cache) {
    return cache.resolve("logs");
  }

  /** The file of one step; empty if it wrote nothing, did not run, or its logs are gone. */
  public static Optional<Path> find(Path logs, String buildId, String stepId) {
    return Optional.of(logs.resolve(buildId).resolve(fileName(stepId)))
        .filter(Files::isRegularFile);
  }

  /** Unlike ids have unlike names. */
  public static String fileName(String stepId) {
    String name =
        URLEncoder.encode(stepId, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "+");
    return name.length() <= LONGEST_NAME
        ? name + ".log"
        : Digest.of(name.getBytes(StandardCharsets.UTF_8)).hex() + ".log";
  }

  /** Tells whether a build still writes into its directory. */
  public interface Running {
    boolean test(Path directory) throws IOException;
  }

  private record Build(Path directory, FileTime changed, long bytes) {}

  /** Removes the oldest builds' logs, until few enough are left. */
  public static void collect(Path logs, Running running) throws IOException {
    collect(logs, running, MOST_BUILDS, MOST_BYTES);
  }

  static void collect(Path logs, Running running, int mostBuilds, long mostBytes)
      throws IOException {
    List<Build> builds = new ArrayList<>();
    for (Path directory : list(logs)) {
      // A directory without a lock is one that is just being made.
      if (Files.exists(directory.resolve(LOCK))) {
        long bytes = 0;
        for (Path file : list(directory)) {
          bytes += Files.size(file);
        }
        builds.add(new Build(directory, Files.getLastModifiedTime(directory), bytes));
      }
    }
    builds.sort(Comparator.comparing(Build::changed).reversed());
    long total = 0;
    for (int i = 0; i < builds.size(); i++) {
      Build build = builds.get(i);
      total += build.bytes();
      boolean tooMany = i >= mostBuilds || total > mostBytes;
      if (i > 0 && tooMany && !running.test(build.directory())) {
        for (Path file : list(build.directory())) {
          Files.deleteIfExists(file);
        }
        Files.deleteIfExists(build.directory());
        total -= build.bytes();
      }
    }
  }

  /** What another process removes meanwhile is not there. */
  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    } catch (NoSuchFileException _) {
      return List.of();
    }
  }
}
