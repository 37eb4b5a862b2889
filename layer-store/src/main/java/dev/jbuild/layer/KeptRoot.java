package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/**
 * Makes the root file system that a step leaves behind what a fresh copy of its layers would be, so
 * that the next step can go on in it.
 *
 * <p>Three things differ. Sockets are in no layer. Several names of one file stay that in a layer,
 * but a write through one of them does not show in the others once the layer lies below: see {@link
 * TreeCopy.Links#BREAK}. And a directory's time alone is no change, so a layer does not have it.
 * All else a layer keeps, so it is there already.
 */
public final class KeptRoot {
  private KeptRoot() {}

  /**
   * Costs one stat a file, a look-up a directory, and a copy of each further name of a file.
   *
   * @param home the directory that the root is in
   * @param name of the root
   * @param layers what the root must be alike
   * @throws IOException also if it is found to be another root
   */
  public static void settle(DirFd home, BytePath name, FileTree layers) throws IOException {
    settle(home, name, BytePath.ROOT, layers);
  }

  private static void settle(DirFd parent, BytePath name, BytePath path, FileTree layers)
      throws IOException {
    try (DirFd directory = parent.openDirectory(name)) {
      for (DirEntry entry : directory.list()) {
        Stat stat = directory.stat(entry.name());
        if (stat.isDirectory()) {
          settle(directory, entry.name(), path.resolve(entry.name()), layers);
        } else if (stat.type() == FileType.SOCKET) {
          directory.unlink(entry.name());
        } else if (stat.isRegular() && stat.nlink() > 1) {
          separate(directory, entry.name());
        }
      }
    }
    TreeEntry wanted =
        layers
            .find(path)
            .filter(TreeEntry::isDirectory)
            .orElseThrow(() -> new IOException("\"" + path + "\" is no directory of the layers"));
    Instant time = wanted.attributes().mtime();
    if (!parent.stat(name).modified().equals(time)) {
      parent.setModified(name, time.getEpochSecond(), time.getNano());
    }
  }

  /** Gives a name a file of its own, the same in all that can be seen. */
  private static void separate(DirFd directory, BytePath name) throws IOException {
    BytePath scratch = BytePath.of(".jbuild-" + UUID.randomUUID());
    try (FileFd from = directory.openRead(name);
        FileFd to = directory.create(scratch, 0600)) {
      Stat stat = from.stat();
      from.copyTo(to);
      to.chown(stat.uid(), stat.gid());
      to.chmod(stat.permissions());
      for (Map.Entry<String, byte[]> xattr : from.xattrs().entrySet()) {
        to.setXattr(xattr.getKey(), xattr.getValue());
      }
      to.setModified(stat.mtime(), stat.mtimeNanos());
    }
    directory.rename(scratch, name);
  }
}
