package dev.jbuild.engine.copy;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes the files of a tree below a directory of this machine; what is there of the same name is
 * replaced, directories merge.
 */
public final class TreeMerge {
  private final DirFd target;
  private final boolean owners;
  // Times and modes of directories last: writing into them would change the one and may be
  // forbidden by the other.
  private final Deque<TreeEntry> directories = new ArrayDeque<>();

  private TreeMerge(DirFd target, boolean owners) {
    this.target = target;
    this.owners = owners;
  }

  /**
   * Copies what is below {@code start}.
   *
   * @param start a directory of the tree
   * @param destination must exist; its own mode and owner stay
   * @param owners whether files keep the owners they have in the tree, or belong to the caller
   */
  public static void copy(FileTree tree, BytePath start, Path destination, boolean owners)
      throws IOException {
    try (DirFd target = DirFd.open(destination)) {
      TreeMerge copy = new TreeMerge(target, owners);
      TreeWalk.of(tree, start)
          .forEach(entry -> {
            BytePath below = entry.path().relativeTo(start);
            if (!below.isRoot()) {
              copy.write(entry.at(below));
            }
          });
      for (TreeEntry directory : copy.directories) {
        copy.finish(directory);
      }
    }
  }

  private void write(TreeEntry entry) throws IOException {
    BytePath path = entry.path();
    if (entry.isDirectory()) {
      directories.push(entry);
      if (target.find(path).filter(stat -> stat.isDirectory()).isEmpty()) {
        target.deleteTree(path);
        target.mkdir(path, 0700);
      }
      return;
    }
    target.deleteTree(path);
    switch (entry) {
      case TreeEntry.RegularFile file -> content(file);
      case TreeEntry.Symlink link -> target.symlink(path, link.target());
      case TreeEntry.Device device ->
          target.mknod(path, device.type(), 0600, device.major(), device.minor());
      case TreeEntry.Fifo fifo -> target.mknod(path, fifo.type(), 0600, 0, 0);
      case TreeEntry.HardLink link -> target.link(link.target(), path);
      case TreeEntry.Socket socket -> {
        return;
      }
      case TreeEntry.Directory directory -> {
        return;
      }
    }
    finish(entry);
  }

  private void content(TreeEntry.RegularFile file) throws IOException {
    try (FileFd out = target.create(file.path(), 0600);
        OutputStream stream = out.outputStream();
        InputStream in = file.content().open()) {
      in.transferTo(stream);
    }
  }

  private void finish(TreeEntry entry) throws IOException {
    Attributes attributes = entry.attributes();
    if (owners) {
      target.chown(entry.path(), (int) attributes.uid(), (int) attributes.gid());
    }
    if (!(entry instanceof TreeEntry.Symlink)) {
      target.chmod(entry.path(), attributes.mode());
    }
    target.setModified(
        entry.path(), attributes.mtime().getEpochSecond(), attributes.mtime().getNano());
  }
}
