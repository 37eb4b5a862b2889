package dev.jbuild.linux;

import java.io.IOException;
import java.util.List;

/**
 * Removal of a tree that may hold anything a build step could make: directories without permission
 * for their owner, names that are not text, and nesting deeper than a path or the table of open
 * files can reach.
 *
 * <p>A directory found below {@link #DEEPEST} levels is first moved up next to the tree's root, so
 * that the number of directories open at once is bounded.
 */
final class TreeRemoval {
  private static final int DEEPEST = 64;

  private final DirFd top;
  private long moved;

  private TreeRemoval(DirFd top) {
    this.top = top;
  }

  static void remove(DirFd parent, BytePath tree) throws IOException {
    if (tree.isRoot()) {
      throw new ErrnoException(Errno.EINVAL, "unlinkat", parent.toString());
    }
    if (!tree.isName()) {
      DirFd above;
      try {
        above = parent.openDirectory(tree.parent());
      } catch (ErrnoException e) {
        if (e.isMissing()) {
          return;
        }
        throw e;
      }
      try (above) {
        remove(above, tree.name());
      }
      return;
    }
    java.util.Optional<Stat> found = parent.find(tree);
    if (found.isEmpty()) {
      return;
    }
    if (!found.get().isDirectory()) {
      parent.unlink(tree);
      return;
    }
    try (DirFd top = openForRemoval(parent, tree)) {
      TreeRemoval removal = new TreeRemoval(top);
      removal.empty(top, 0);
      // What was moved up, and what lies deep in that, until nothing is left.
      while (!top.list().isEmpty()) {
        removal.empty(top, 0);
      }
    }
    parent.rmdir(tree);
  }

  private void empty(DirFd directory, int depth) throws IOException {
    List<DirEntry> entries = directory.list();
    for (DirEntry entry : entries) {
      BytePath name = entry.name();
      FileType type = entry.type().isPresent() ? entry.type().get() : directory.stat(name).type();
      if (type != FileType.DIRECTORY) {
        directory.unlink(name);
      } else if (depth >= DEEPEST) {
        moveUp(directory, name);
      } else {
        try (DirFd below = openForRemoval(directory, name)) {
          empty(below, depth + 1);
        }
        directory.rmdir(name);
      }
    }
  }

  private void moveUp(DirFd directory, BytePath name) throws IOException {
    while (true) {
      BytePath free = BytePath.of(".removing-" + moved++);
      if (top.find(free).isEmpty()) {
        directory.rename(name, top, free);
        return;
      }
    }
  }

  /** An owner without root's rights needs rwx on a directory to empty it. */
  private static DirFd openForRemoval(DirFd parent, BytePath name) throws IOException {
    if ((parent.stat(name).mode() & 0700) != 0700) {
      parent.chmod(name, 0700);
    }
    return parent.openDirectory(name);
  }
}
