package dev.jbuild.engine.exec;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.DirectoryTree;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerExtractor;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.store.LockFile;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files behind a {@code RUN --mount=type=cache}, taken out of a store and put into another:
 * what a job on an empty machine needs to begin warm. Used by one thread at a time.
 *
 * <p>The tar has the directory itself as its first entry, with the owner and mode that steps expect
 * of it, and all that a layer keeps of files. Of a cache with several directories ({@code
 * sharing=private}) it is the first.
 */
public final class CacheMountFiles {
  private static final String FIRST = "0";

  private final Store store;
  private final CacheMounts mounts;

  public CacheMountFiles(Store store) {
    this.store = store;
    mounts = new CacheMounts(store);
  }

  /**
   * Writes the files as a tar; waits for a step that has them {@code locked}.
   *
   * @throws BuildFailure {@code NOT_FOUND} if the store has no such cache
   */
  public void export(String id, OutputStream out) throws IOException {
    Path home = mounts.home(id);
    if (!Files.isDirectory(home.resolve(FIRST))) {
      throw missing(id);
    }
    try (LockFile _ = LockFile.shared(lock(home));
        FileTree files = DirectoryTree.open(home.resolve(FIRST));
        LayerBuilder all = new LayerBuilder(FileTree.empty())) {
      TreeWalk.of(files, BytePath.ROOT).forEach(all::put);
      all.writeTo(new LayerWriter(out, LayerWriter.Options.CANONICAL));
    } catch (ErrnoException e) {
      if (!Files.exists(home)) {
        throw missing(id);
      }
      throw e;
    }
  }

  /**
   * Puts the files of a tar, plain or compressed, in the place of those that are there. They are
   * unpacked beside them first: a tar that is refused changes nothing.
   *
   * @throws BuildFailure {@code CORRUPT} or {@code UNSUPPORTED} for such a tar, {@code CONFLICT} if
   *     a step uses the cache
   */
  public void replace(String id, InputStream tar) throws IOException {
    try (Workspace workspace = store.workspace()) {
      Path fresh = Files.createDirectory(workspace.path().resolve("new"));
      try (DirFd target = DirFd.open(fresh)) {
        InputStream plain = Decompression.detect(new BufferedInputStream(tar));
        LayerExtractor.apply(plain, target, OverlayEncoding.USER, ExtractLimits.DEFAULT);
      }
      Path home = mounts.home(id);
      try (LockFile _ = made(id)) {
        hide(home.resolve(FIRST), workspace);
        Files.move(fresh, home.resolve(FIRST), StandardCopyOption.ATOMIC_MOVE);
        CacheMounts.used(home, FIRST);
      }
    }
  }

  /**
   * Removes all directories of a cache.
   *
   * @throws BuildFailure {@code NOT_FOUND} if the store has no such cache, {@code CONFLICT} if a
   *     step uses one
   */
  public void remove(String id) throws IOException {
    Path home = mounts.home(id);
    try (Workspace workspace = store.workspace();
        LockFile _ = mounts.unwatched()) {
      List<Path> slots = slots(home);
      if (slots.isEmpty()) {
        throw missing(id);
      }
      for (Path slot : slots) {
        Path lock = home.resolve(slot.getFileName() + ".lock");
        try (LockFile _ = LockFile.tryExclusive(lock).orElseThrow(() -> busy(id))) {
          hide(slot, workspace);
        }
      }
    }
  }

  private static List<Path> slots(Path home) throws IOException {
    if (!Files.isDirectory(home)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(home)) {
      return files.filter(file -> file.getFileName().toString().matches("[0-9]+")).toList();
    }
  }

  /** Out of sight at once; off the disk when the workspace is. */
  private static void hide(Path slot, Workspace workspace) throws IOException {
    if (Files.isDirectory(slot)) {
      Path hidden = workspace.path().resolve("old-" + slot.getFileName());
      Files.move(slot, hidden, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static Path lock(Path home) {
    return home.resolve(FIRST + ".lock");
  }

  /** Makes the cache if it is missing, and takes its first directory alone. */
  private LockFile made(String id) throws IOException {
    try (LockFile _ = mounts.unwatched()) {
      Optional<LockFile> lock = LockFile.tryExclusive(lock(mounts.make(id)));
      return lock.orElseThrow(() -> busy(id));
    }
  }

  private static BuildFailure busy(String id) {
    return new BuildFailure(
        Kind.CONFLICT, "a step uses the cache \"" + id + "\"", "try again when it is over", null);
  }

  private static BuildFailure missing(String id) {
    return new BuildFailure(
        Kind.NOT_FOUND,
        "the store has no cache \"" + id + "\"",
        "\"jbuild cache ls\" lists them",
        null);
  }
}
