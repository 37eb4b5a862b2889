package dev.jbuild.store;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** How much of a disk a tree takes: allocated blocks, a file with several names counted once. */
final class DiskUsage {
  private static final int BLOCK = 512;

  private final Set<Long> linked = new HashSet<>();
  private long bytes;

  private DiskUsage() {}

  /** Of a file or a directory and all below it; what vanishes meanwhile counts as nothing. */
  static long of(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("the root is no part of a store");
    }
    DiskUsage usage = new DiskUsage();
    try (DirFd directory = DirFd.open(parent)) {
      usage.add(directory, BytePath.of(String.valueOf(path.getFileName())));
    } catch (NoSuchFileException e) {
      return 0;
    } catch (ErrnoException e) {
      if (!e.isMissing()) {
        throw e;
      }
    }
    return usage.bytes;
  }

  /** Of a file, or of a directory without what is in it. */
  static long alone(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("the root is no part of a store");
    }
    try (DirFd directory = DirFd.open(parent)) {
      return directory
          .find(BytePath.of(String.valueOf(path.getFileName())))
          .map(stat -> stat.blocks() * BLOCK)
          .orElse(0L);
    } catch (NoSuchFileException e) {
      return 0;
    } catch (ErrnoException e) {
      if (!e.isMissing()) {
        throw e;
      }
      return 0;
    }
  }

  private void add(DirFd here, BytePath name) throws IOException {
    Optional<Stat> stat = here.find(name);
    if (stat.isEmpty()) {
      return;
    }
    if (stat.get().isDirectory()) {
      bytes += stat.get().blocks() * BLOCK;
      try (DirFd inside = here.openDirectory(name)) {
        for (DirEntry entry : inside.list()) {
          add(inside, entry.name());
        }
      } catch (ErrnoException e) {
        if (!e.isMissing()) {
          throw e;
        }
      }
    } else if (stat.get().nlink() == 1 || linked.add(stat.get().ino())) {
      bytes += stat.get().blocks() * BLOCK;
    }
  }
}
