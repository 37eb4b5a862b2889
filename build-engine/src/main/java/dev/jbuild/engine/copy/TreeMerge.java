package dev.jbuild.engine.copy;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.layer.XattrPolicy;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Errno;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.FileFd;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes the files of a tree below a directory of this machine; what is there of the same name is
 * replaced, directories merge.
 *
 * <p>Holes that the tree knows of stay holes. Extended attributes are kept as far as the kernel
 * lets the caller set them there (xattr(7)): {@code user.*} on files and directories, {@code
 * security.capability} and {@code trusted.*} with the privilege for them; the others are left out,
 * as are all on a file system that has none.
 */
public final class TreeMerge {
  private static final int BUFFER = 1 << 16;

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
    byte[] buffer = new byte[BUFFER];
    try (FileFd out = target.create(file.path(), 0600);
        InputStream in = file.content().open()) {
      long at = 0;
      for (ContentSource.Extent extent : file.content().extents(file.size())) {
        in.skipNBytes(extent.offset() - at);
        out.position(extent.offset());
        at = extent.offset();
        while (at < extent.end()) {
          int n = in.read(buffer, 0, (int) Math.min(BUFFER, extent.end() - at));
          if (n < 0) {
            throw new EOFException(file.path() + ": became shorter while it was copied");
          }
          out.write(buffer, 0, n);
          at += n;
        }
      }
      out.truncate(file.size());
    }
  }

  private void finish(TreeEntry entry) throws IOException {
    Attributes attributes = entry.attributes();
    if (owners) {
      target.chown(entry.path(), (int) attributes.uid(), (int) attributes.gid());
    }
    // After the owner, whose change clears capabilities, and before a mode that may forbid it.
    for (String name : attributes.xattrs().names()) {
      if (XattrPolicy.accepts(name)) {
        setXattr(entry.path(), name, attributes.xattrs().get(name).orElseThrow());
      }
    }
    if (!(entry instanceof TreeEntry.Symlink)) {
      target.chmod(entry.path(), attributes.mode());
    }
    target.setModified(
        entry.path(), attributes.mtime().getEpochSecond(), attributes.mtime().getNano());
  }

  private void setXattr(BytePath path, String name, byte[] value) throws IOException {
    try {
      target.setXattr(path, name, value);
    } catch (ErrnoException e) {
      switch (e.errno()) {
        case Errno.EPERM, Errno.EACCES, Errno.EOPNOTSUPP -> {
          // Not the caller's to set, or nothing the file system has.
        }
        default -> throw e;
      }
    }
  }
}
