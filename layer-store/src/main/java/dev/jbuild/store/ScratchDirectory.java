package dev.jbuild.store;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.ErrnoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory in {@code ingest/} for a tree in the making. A lock file beside it says that its
 * maker is alive; what is left of it on close is removed.
 */
final class ScratchDirectory implements AutoCloseable {
  private final StoreLayout layout;
  private final Path path;
  private final Path lockPath;
  private final LockFile lock;

  private ScratchDirectory(StoreLayout layout, Path path, Path lockPath, LockFile lock) {
    this.layout = layout;
    this.path = path;
    this.lockPath = lockPath;
    this.lock = lock;
  }

  static ScratchDirectory open(StoreLayout layout) throws IOException {
    Path path = layout.scratch();
    Path lockPath = path.resolveSibling(path.getFileName() + ".lock");
    try (var _ = LockFile.shared(layout.collectorLock())) {
      LockFile lock = LockFile.exclusive(lockPath);
      Files.createDirectory(path);
      return new ScratchDirectory(layout, path, lockPath, lock);
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    try (lock) {
      deleteTree(layout.ingests(), String.valueOf(path.getFileName()));
      Files.deleteIfExists(lockPath);
    }
  }

  /** Removes a tree whose names may be any bytes. Missing is no error. */
  static void deleteTree(Path parent, String name) throws IOException {
    try (DirFd directory = DirFd.open(parent)) {
      while (directory.find(BytePath.of(name)).isPresent()) {
        try {
          directory.deleteTree(BytePath.of(name));
        } catch (ErrnoException e) {
          // Another process is removing the same; go on with what it has not come to.
          if (!e.isMissing()) {
            throw e;
          }
        }
      }
    }
  }
}
