package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Path resolution with the tree as root directory (path_resolution(7)). */
final class Resolution {
  /** The kernel's MAXSYMLINKS. */
  private static final int MAX_LINKS = 40;

  private Resolution() {}

  static FileTree.Resolved resolve(FileTree tree, BytePath path, boolean followLast)
      throws IOException {
    Deque<String> rest = new ArrayDeque<>();
    for (BytePath component : path.components()) {
      rest.add(component.latin1());
    }
    BytePath here = BytePath.ROOT;
    Optional<TreeEntry> entry = tree.find(BytePath.ROOT);
    int links = 0;
    while (!rest.isEmpty()) {
      String name = rest.removeFirst();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (entry.isPresent() && !entry.get().isDirectory()) {
        throw new NotDirectoryException(here.toString());
      }
      if (name.equals("..")) {
        // Within a part that does not exist the parent is only known by its name.
        here = here.parent();
        entry = tree.find(here);
        continue;
      }
      BytePath next = here.resolve(BytePath.ofLatin1(name));
      Optional<TreeEntry> found = entry.isPresent() ? tree.find(next) : Optional.empty();
      if (found.isPresent()
          && found.get() instanceof TreeEntry.Symlink link
          && (followLast || !rest.isEmpty())) {
        if (++links > MAX_LINKS) {
          throw new FileSystemLoopException(path + ": too many levels of symbolic links");
        }
        String[] target = link.target().split("/", -1);
        for (int i = target.length - 1; i >= 0; i--) {
          rest.addFirst(target[i]);
        }
        if (link.target().startsWith("/")) {
          here = BytePath.ROOT;
          entry = tree.find(BytePath.ROOT);
        }
        continue;
      }
      here = next;
      entry = found;
    }
    return new FileTree.Resolved(here, entry);
  }
}
