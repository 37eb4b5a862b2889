package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where one server keeps posted contexts and the events of its builds: a directory of its own,
 * locked while it lives. What servers that died left behind is removed by the next one.
 */
final class SpoolDirectory implements AutoCloseable {
  private static final String LOCK = "lock";

  private final Path path;
  private final FileChannel channel;

  private SpoolDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Makes one below {@code parent}.
   *
   * @throws BuildFailure of kind {@code UNAVAILABLE} when that cannot be written to
   */
  static SpoolDirectory create(Path parent) {
    try {
      Files.createDirectories(parent);
      removeAbandoned(parent);
      Path path = Files.createTempDirectory(parent, "run-");
      FileChannel channel = open(path);
      // held until the channel is closed, by close() or by the end of the process
      FileLock _ = channel.lock();
      return new SpoolDirectory(path, channel);
    } catch (IOException e) {
      throw new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "cannot write below " + parent, e);
    }
  }

  Path path() {
    return path;
  }

  private static FileChannel open(Path directory) throws IOException {
    return FileChannel.open(
        directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static void removeAbandoned(Path parent) throws IOException {
    List<Path> others;
    try (Stream<Path> found = Files.list(parent)) {
      others = found.toList();
    }
    for (Path other : others) {
      if (Files.exists(other.resolve(LOCK))) {
        try (FileChannel lock = open(other)) {
          if (lock.tryLock() != null) {
            remove(other);
          }
        } catch (OverlappingFileLockException e) {
          // a server of this process
        }
      }
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(directory);
  }

  @Override
  public void close() {
    try (channel) {
      remove(path);
    } catch (IOException e) {
      // the next server removes it
    }
  }
}
