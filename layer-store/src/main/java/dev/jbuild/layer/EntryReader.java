package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileType;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.util.SortedMap;

/** Turns files on disk into entries. */
final class EntryReader {
  private EntryReader() {}

  /**
   * Reads one file.
   *
   * @param root directory that content is opened from later
   * @param path of the file, both in the tree and below {@code root}
   * @param directory open directory that holds the file now
   * @param name of the file in {@code directory}
   */
  static TreeEntry read(DirFd root, BytePath path, DirFd directory, BytePath name, Stat stat)
      throws IOException {
    return entry(root, path, directory, name, stat, xattrs(directory, name));
  }

  static TreeEntry entry(
      DirFd root, BytePath path, DirFd directory, BytePath name, Stat stat, Xattrs xattrs)
      throws IOException {
    Attributes attributes = attributes(stat, xattrs);
    FileType type = stat.type();
    return switch (type) {
      case DIRECTORY -> new TreeEntry.Directory(path, attributes);
      case REGULAR ->
          new TreeEntry.RegularFile(
              path, attributes, stat.size(), new FileContent(root, path, stat));
      case SYMLINK -> new TreeEntry.Symlink(path, attributes, directory.readlink(name));
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          new TreeEntry.Device(path, attributes, type, stat.rdevMajor(), stat.rdevMinor());
      case FIFO -> new TreeEntry.Fifo(path, attributes);
      case SOCKET -> new TreeEntry.Socket(path, attributes);
    };
  }

  static Attributes attributes(Stat stat, Xattrs xattrs) {
    return new Attributes(stat.permissions(), stat.owner(), stat.group(), stat.modified(), xattrs);
  }

  /** The attributes that belong to an image, in the form a layer has them. */
  static Xattrs xattrs(DirFd directory, BytePath name) throws IOException {
    return clean(directory.xattrs(name));
  }

  static Xattrs clean(SortedMap<String, byte[]> raw) {
    if (raw.isEmpty()) {
      return Xattrs.NONE;
    }
    Xattrs kept = Xattrs.of(raw).filter(XattrPolicy::accepts);
    return kept.get(Xattrs.CAPABILITY)
        .map(value -> kept.with(Xattrs.CAPABILITY, Capability.portable(value)))
        .orElse(kept);
  }
}
