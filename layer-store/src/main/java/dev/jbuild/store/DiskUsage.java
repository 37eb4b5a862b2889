package dev.jbuild.store;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
    count(stat.get());
    if (stat.get().isDirectory()) {
      try (Descent descent = new Descent(here.openDirectory(name), stat.get())) {
        descent.run();
      } catch (ErrnoException e) {
        if (!e.isMissing()) {
          throw e;
        }
      }
    }
  }

  private void count(Stat stat) {
    if (stat.isDirectory() || stat.nlink() == 1 || linked.add(stat.ino())) {
      bytes += stat.blocks() * BLOCK;
    }
  }

  /**
   * A way through a tree that a step may have nested deeper than a path, the table of open files or
   * a stack reaches: the directories furthest up are closed meanwhile, and found again by "..".
   */
  private final class Descent implements AutoCloseable {
    private static final int OPEN = 64;

    private static final class Level {
      final long dev;
      final long ino;
      final Iterator<DirEntry> left;
      @Nullable DirFd directory;

      Level(DirFd directory, Stat stat) throws IOException {
        this.directory = directory;
        dev = stat.dev();
        ino = stat.ino();
        left = directory.list().iterator();
      }
    }

    private final List<Level> levels = new ArrayList<>();

    Descent(DirFd top, Stat stat) throws IOException {
      enter(top, stat);
    }

    private void enter(DirFd directory, Stat stat) throws IOException {
      Level level;
      try {
        level = new Level(directory, stat);
      } catch (IOException | RuntimeException e) {
        directory.close();
        throw e;
      }
      levels.add(level);
      if (levels.size() > OPEN) {
        close(levels.get(levels.size() - 1 - OPEN));
      }
    }

    void run() throws IOException {
      while (!levels.isEmpty()) {
        Level here = levels.getLast();
        DirFd directory = Objects.requireNonNull(here.directory);
        if (!here.left.hasNext()) {
          leave(directory);
          continue;
        }
        BytePath name = here.left.next().name();
        Optional<Stat> stat = directory.find(name);
        if (stat.isPresent()) {
          count(stat.get());
          if (stat.get().isDirectory()) {
            tryEnter(directory, name, stat.get());
          }
        }
      }
    }

    private void tryEnter(DirFd directory, BytePath name, Stat stat) throws IOException {
      try {
        enter(directory.openDirectory(name), stat);
      } catch (ErrnoException e) {
        if (!e.isMissing()) {
          throw e;
        }
      }
    }

    /** Goes up; if the directory was moved meanwhile, what is left above it is not counted. */
    private void leave(DirFd directory) throws IOException {
      levels.removeLast();
      try (directory) {
        if (!levels.isEmpty() && levels.getLast().directory == null) {
          DirFd parent = directory.openParent();
          Stat stat = parent.stat(BytePath.ROOT);
          levels.getLast().directory = parent;
          if (stat.ino() != levels.getLast().ino || stat.dev() != levels.getLast().dev) {
            close();
            levels.clear();
          }
        }
      }
    }

    private static void close(Level level) {
      if (level.directory != null) {
        level.directory.close();
        level.directory = null;
      }
    }

    @Override
    public void close() {
      levels.forEach(Descent::close);
    }
  }
}
