package dev.jbuild.engine.exec;

import dev.jbuild.engine.cache.BuildLogs;
import dev.jbuild.engine.event.Step;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.store.LockFile;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The whole output of one build's RUN steps, on disk as it comes: listeners may cut and drop, these
 * files do not. A step that writes nothing costs nothing. Safe for use by many threads.
 */
final class StepLogs implements AutoCloseable {
  private final Path all;
  private final String buildId;
  private final ReentrantLock first = new ReentrantLock();
  private @Nullable LockFile held;

  /**
   * For one build; nothing is made yet.
   *
   * @param all the store's directory for logs
   */
  StepLogs(Path all, String buildId) {
    this.all = all;
    this.buildId = buildId;
  }

  /** One step's file. Used by one thread at a time. */
  final class Log implements AutoCloseable {
    private final Step step;
    private @Nullable FileOutputStream out;

    private Log(Step step) {
      this.step = step;
    }

    /**
     * Adds bytes as they are.
     *
     * @throws BuildFailure if they cannot be kept; a step whose output is lost must not go on as if
     *     nothing were wrong
     */
    void write(byte[] bytes) {
      try {
        FileOutputStream open = out;
        if (open == null) {
          // A stream, not a channel: an interrupt would close that under the other steps' feet.
          open = new FileOutputStream(file().toFile(), true);
          out = open;
        }
        open.write(bytes);
      } catch (IOException e) {
        throw new BuildFailure(
            Kind.UNAVAILABLE,
            "the output of " + step.name() + " cannot be kept: " + e.getMessage(),
            "free some space in the store, for example with \"jbuild prune\"",
            e);
      }
    }

    private Path file() throws IOException {
      return directory().resolve(BuildLogs.fileName(step.id()));
    }

    @Override
    public void close() {
      try {
        if (out != null) {
          out.close();
        }
      } catch (IOException _) {
        // Every byte was handed to the kernel by write, which reports what is lost.
      }
    }
  }

  /** The file of a step; made with its first byte. */
  Log of(Step step) {
    return new Log(step);
  }

  private Path directory() throws IOException {
    Path mine = all.resolve(buildId);
    first.lock();
    try {
      if (held == null) {
        held = LockFile.sharedIn(mine, BuildLogs.LOCK);
      }
    } finally {
      first.unlock();
    }
    return mine;
  }

  /** The files stay; those of older builds go when there are too many. */
  @Override
  public void close() {
    try {
      LockFile mine = held;
      if (mine != null) {
        mine.close();
        BuildLogs.collect(all, StepLogs::isRunning);
      }
    } catch (IOException _) {
      // Old logs stay until the next build ends.
    }
  }

  private static boolean isRunning(Path directory) throws IOException {
    Optional<LockFile> lock = LockFile.tryExclusive(directory.resolve(BuildLogs.LOCK));
    if (lock.isEmpty()) {
      return true;
    }
    lock.get().close();
    return false;
  }
}
