package dev.jbuild.store;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Errno;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.FileFd;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A lock on a file that excludes threads of this process and other processes alike.
 *
 * <p>It is flock(2), which belongs to the open file: two threads exclude each other like two
 * processes, any thread may release it, and the death of the process does. (fcntl(2) locks, which
 * {@code FileChannel.lock} takes, belong to the process and vanish when it closes <em>any</em>
 * descriptor of the file.) Waiting is not fair.
 */
public final class LockFile implements AutoCloseable {
  private final FileFd file;

  private LockFile(FileFd file) {
    this.file = file;
  }

  /** Waits until nobody holds the file exclusively. */
  public static LockFile shared(Path file) throws IOException {
    return take(file, false);
  }

  /** Waits until nobody else holds the file. */
  public static LockFile exclusive(Path file) throws IOException {
    return take(file, true);
  }

  /** Takes the file, which is made if missing, if nobody else holds it. */
  public static Optional<LockFile> tryExclusive(Path file) throws IOException {
    return tryTake(file, true);
  }

  /** Takes the file, which is made if missing, if nobody holds it exclusively. */
  public static Optional<LockFile> tryShared(Path file) throws IOException {
    return tryTake(file, false);
  }

  /**
   * Makes a directory and takes the file {@code name} in it, so that the store's collector leaves
   * the directory, which it takes for unused without that.
   */
  public static LockFile sharedIn(Path directory, String name) throws IOException {
    Path file = directory.resolve(name);
    while (true) {
      Files.createDirectories(directory);
      try {
        LockFile lock = shared(file);
        // The collector may have moved the directory away while this waited for its lock.
        if (lock.isAt(file)) {
          return lock;
        }
        lock.close();
      } catch (ErrnoException e) {
        if (!e.isMissing()) {
          throw e;
        }
      }
    }
  }

  private boolean isAt(Path path) throws IOException {
    try (DirFd parent = DirFd.open(parent(path))) {
      return isCurrent(parent, name(path), file);
    }
  }

  private static Optional<LockFile> tryTake(Path file, boolean exclusive) throws IOException {
    try (DirFd parent = DirFd.open(parent(file))) {
      FileFd fd = open(parent, name(file));
      if (fd.tryLock(exclusive) && isCurrent(parent, name(file), fd)) {
        return Optional.of(new LockFile(fd));
      }
      fd.close();
      return Optional.empty();
    }
  }

  private static LockFile take(Path file, boolean exclusive) throws IOException {
    try (DirFd parent = DirFd.open(parent(file))) {
      while (true) {
        FileFd fd = open(parent, name(file));
        if (!fd.tryLock(exclusive)) {
          await(fd, exclusive);
        }
        // Whoever held it may have removed the file: then this lock excludes nobody who comes
        // later.
        if (isCurrent(parent, name(file), fd)) {
          return new LockFile(fd);
        }
        fd.close();
      }
    }
  }

  /**
   * Waits in a thread of its own: a virtual thread that blocks in a native call keeps its carrier,
   * and the thread that is to release the lock may need one.
   */
  private static void await(FileFd fd, boolean exclusive) throws IOException {
    CompletableFuture<Boolean> taken = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("lock wait")
        .start(() -> {
          try {
            fd.lock(exclusive);
            if (!taken.complete(true)) {
              fd.close();
            }
          } catch (IOException e) {
            taken.completeExceptionally(e);
          }
        });
    try {
      taken.get();
    } catch (InterruptedException e) {
      if (!taken.cancel(false)) {
        fd.close();
      }
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a lock");
    } catch (ExecutionException e) {
      fd.close();
      throw new IOException("wait for a lock", e.getCause());
    }
  }

  private static boolean isCurrent(DirFd parent, BytePath name, FileFd fd) throws IOException {
    long ino = fd.stat().ino();
    return parent.find(name).filter(named -> named.ino() == ino).isPresent();
  }

  private static FileFd open(DirFd parent, BytePath name) throws IOException {
    while (true) {
      try {
        return parent.openWrite(name);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.ENOENT) {
          throw e;
        }
      }
      try {
        return parent.create(name, 0644);
      } catch (ErrnoException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalArgumentException("a lock file needs a directory: " + file);
    }
    return parent;
  }

  private static BytePath name(Path file) {
    return BytePath.of(String.valueOf(file.getFileName()));
  }

  /** The locked file itself, to keep words in about who holds it. */
  FileFd file() {
    return file;
  }

  @Override
  public void close() {
    file.close();
  }
}
