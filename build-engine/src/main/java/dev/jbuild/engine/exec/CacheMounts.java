package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.expand.RunMount.Sharing;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.LockFile;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.UUID;

/**
 * The directories behind {@code RUN --mount=type=cache}, in {@code cache/mounts} of the store.
 *
 * <p>A directory is named by its id alone: a step that runs as another user finds the same files
 * (BuildKit splits them by owner and mode without a word). Each has a lock file beside it, which a
 * step holds while it runs: together with others for {@code shared}, alone for {@code locked}, and
 * for {@code private} the first free one of {@code 0}, {@code 1}, … is taken. The store's collector
 * counts each as one thing and removes those that nobody has locked, the least recently used first.
 */
final class CacheMounts {
  /** A busy lock is looked at again after this many milliseconds. */
  private static final long WAIT = 50;

  private final Path directory;
  private final Path unwatched;

  CacheMounts(Store store) {
    this.directory = store.directory("cache").resolve("mounts");
    unwatched = store.directory("locks").resolve("mounts");
  }

  /**
   * To be held while a lock is asked for that may be refused. The store's collector takes the locks
   * for an instant to see whether they are free, and removes what is empty; it stays away
   * meanwhile.
   */
  LockFile unwatched() throws IOException {
    return LockFile.shared(unwatched);
  }

  /** Fills a new directory. */
  @FunctionalInterface
  interface Filler {
    void fill(Path directory) throws IOException;
  }

  /**
   * A directory in use; closing lets it go.
   *
   * @param path of the directory
   */
  record Held(Path path, LockFile lock) implements AutoCloseable {
    @Override
    public void close() {
      lock.close();
    }
  }

  /** Waits until the directory may be used; a new one is filled first. */
  Held hold(Mount.Cache mount, Filler filler) throws IOException, InterruptedException {
    Path home = home(mount.id());
    boolean shared = mount.sharing() == Sharing.SHARED;
    for (int slot = 0; ; slot = mount.sharing() == Sharing.PRIVATE ? slot + 1 : 0) {
      Path file = home.resolve(slot + ".lock");
      Optional<LockFile> lock;
      try (LockFile _ = unwatched()) {
        if (!Files.exists(home.resolve("id"))) {
          make(mount.id());
        }
        lock = shared ? LockFile.tryShared(file) : LockFile.tryExclusive(file);
      }
      if (lock.isPresent()) {
        return open(home, String.valueOf(slot), mount, filler, lock.get());
      }
      if (mount.sharing() != Sharing.PRIVATE) {
        Thread.sleep(WAIT);
      }
    }
  }

  /** Where the directories of a cache are, if it has any. */
  Path home(String id) {
    return directory.resolve(Digest.of(id.getBytes(StandardCharsets.UTF_8)).hex());
  }

  /** The same, ready for the first; it may be removed while nobody is {@link #unwatched}. */
  Path make(String id) throws IOException {
    Path home = Files.createDirectories(home(id));
    Files.writeString(home.resolve("id"), id);
    return home;
  }

  /** Notes the time of last use, by which the store's collector chooses what it removes. */
  static void used(Path home, String slot) throws IOException {
    Files.setLastModifiedTime(home.resolve(slot + ".lock"), FileTime.from(java.time.Instant.now()));
  }

  private static Held open(Path home, String slot, Mount.Cache mount, Filler filler, LockFile lock)
      throws IOException {
    try {
      used(home, slot);
      Path files = home.resolve(slot);
      if (!Files.isDirectory(files)) {
        make(home, files, mount, filler);
      }
      return new Held(files, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Made aside and renamed, so that a step which shares the lock never sees it half filled. */
  private static void make(Path home, Path files, Mount.Cache mount, Filler filler)
      throws IOException {
    BytePath scratch = BytePath.of(files.getFileName() + ".new-" + UUID.randomUUID());
    try (DirFd parent = DirFd.open(home)) {
      parent.mkdir(scratch, 0700);
      try {
        filler.fill(home.resolve(scratch.toString()));
        parent.chown(scratch, Math.toIntExact(mount.uid()), Math.toIntExact(mount.gid()));
        parent.chmod(scratch, mount.mode());
        Files.move(home.resolve(scratch.toString()), files, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        parent.deleteTree(scratch);
        if (!Files.isDirectory(files)) {
          throw e;
        }
      }
    }
  }
}
