package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.FileType;

/**
 * A file of a tree: where it is, what it is, and what a layer keeps of it.
 *
 * <p>Immutable. Content is not held but opened from its {@link ContentSource} when needed, which is
 * good as long as the tree that gave the entry is open.
 */
public sealed interface TreeEntry extends TreeChange {
  Attributes attributes();

  FileType type();

  /** The same file at another path. */
  TreeEntry at(BytePath path);

  /** The same file with other attributes. */
  TreeEntry with(Attributes attributes);

  default boolean isDirectory() {
    return this instanceof Directory;
  }

  record Directory(BytePath path, Attributes attributes) implements TreeEntry {
    @Override
    public FileType type() {
      return FileType.DIRECTORY;
    }

    @Override
    public Directory at(BytePath path) {
      return new Directory(path, attributes);
    }

    @Override
    public Directory with(Attributes attributes) {
      return new Directory(path, attributes);
    }
  }

  /**
   * A file with content.
   *
   * @param size bytes that {@code content} gives
   */
  record RegularFile(BytePath path, Attributes attributes, long size, ContentSource content)
      implements TreeEntry {
    public RegularFile {
      if (size < 0) {
        throw new IllegalArgumentException("size " + size + " of \"" + path + "\" is negative");
      }
    }

    @Override
    public FileType type() {
      return FileType.REGULAR;
    }

    @Override
    public RegularFile at(BytePath path) {
      return new RegularFile(path, attributes, size, content);
    }

    @Override
    public RegularFile with(Attributes attributes) {
      return new RegularFile(path, attributes, size, content);
    }
  }

  /**
   * A symbolic link.
   *
   * @param target the link's text as bytes, one per char, as it is: absolute, relative or nonsense
   */
  record Symlink(BytePath path, Attributes attributes, String target) implements TreeEntry {
    public Symlink {
      if (target.isEmpty() || target.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("link \"" + path + "\" has no proper target");
      }
    }

    @Override
    public FileType type() {
      return FileType.SYMLINK;
    }

    @Override
    public Symlink at(BytePath path) {
      return new Symlink(path, attributes, target);
    }

    @Override
    public Symlink with(Attributes attributes) {
      return new Symlink(path, attributes, target);
    }
  }

  /** A block or character device. */
  record Device(BytePath path, Attributes attributes, FileType type, int major, int minor)
      implements TreeEntry {
    public Device {
      if (type != FileType.BLOCK_DEVICE && type != FileType.CHARACTER_DEVICE) {
        throw new IllegalArgumentException(type + " is no device");
      }
    }

    @Override
    public Device at(BytePath path) {
      return new Device(path, attributes, type, major, minor);
    }

    @Override
    public Device with(Attributes attributes) {
      return new Device(path, attributes, type, major, minor);
    }
  }

  record Fifo(BytePath path, Attributes attributes) implements TreeEntry {
    @Override
    public FileType type() {
      return FileType.FIFO;
    }

    @Override
    public Fifo at(BytePath path) {
      return new Fifo(path, attributes);
    }

    @Override
    public Fifo with(Attributes attributes) {
      return new Fifo(path, attributes);
    }
  }

  /** A bound socket's name. Seen in trees; a layer cannot hold it and a writer leaves it out. */
  record Socket(BytePath path, Attributes attributes) implements TreeEntry {
    @Override
    public FileType type() {
      return FileType.SOCKET;
    }

    @Override
    public Socket at(BytePath path) {
      return new Socket(path, attributes);
    }

    @Override
    public Socket with(Attributes attributes) {
      return new Socket(path, attributes);
    }
  }

  /**
   * A further name of a file of the same layer. Only in sequences of changes; a tree shows each
   * name as the file itself, with equal {@link ContentSource#link()}.
   *
   * @param attributes of the file, for readers that look at them in the link
   * @param type of the file
   * @param target the name that carries the file; in a written layer it comes first
   */
  record HardLink(BytePath path, Attributes attributes, FileType type, BytePath target)
      implements TreeEntry {
    @Override
    public HardLink at(BytePath path) {
      return new HardLink(path, attributes, type, target);
    }

    @Override
    public HardLink with(Attributes attributes) {
      return new HardLink(path, attributes, type, target);
    }
  }
}
