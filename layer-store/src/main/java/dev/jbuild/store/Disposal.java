package dev.jbuild.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Removes directories beside the work: a root file system of a hundred thousand files takes as long
 * to remove as the next step to begin. A directory is moved out of the way at once; what the
 * process leaves of it is removed by the next collection.
 */
final class Disposal implements AutoCloseable {
  private final StoreLayout layout;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ExecutorService thread;

  Disposal(StoreLayout layout) {
    this.layout = layout;
  }

  /** Makes a directory vanish from its place. Missing is no error. */
  void dispose(Path directory) throws IOException {
    String name = "trash-" + UUID.randomUUID();
    try {
      Files.move(directory, layout.ingests().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return;
    }
    worker()
        .execute(() -> {
          try {
            ScratchDirectory.deleteTree(layout.ingests(), name);
          } catch (IOException e) {
            // Out of the way it is; the collector will try again, and say so.
          }
        });
  }

  /** A thread of the platform: removal is one native call after another, which holds a carrier. */
  private ExecutorService worker() {
    lock.lock();
    try {
      if (thread == null) {
        thread =
            Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("jbuild-disposal").factory());
      }
      return thread;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all is removed. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (thread != null) {
        thread.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
