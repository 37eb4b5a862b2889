package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Errno;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import dev.jbuild.linux.Identity;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The directory that a layer is unpacked into: makes and replaces names, resolves parents,
 * remembers what directories are to look like in the end. Every path it is given was normalised by
 * the caller.
 */
final class ExtractTarget implements AutoCloseable {
  private static final int OPEN_DIRECTORIES = 64;
  private static final int MAX_LINKS = 40;
  private static final Attributes IMPLICIT =
      Attributes.DIRECTORY.withMtime(Instant.ofEpochSecond(LayerDirectory.IMPLICIT));

  /** A directory of this layer; without attributes as long as nothing describes it. */
  private static final class Directory {
    @Nullable Attributes attributes;
    boolean opaque;
  }

  private final DirFd root;
  private final OverlayEncoding encoding;
  private final Stat rootStat;
  private final NavigableMap<BytePath, Directory> directories = new TreeMap<>();
  private final Map<BytePath, DirFd> open =
      new LinkedHashMap<>(OPEN_DIRECTORIES, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<BytePath, DirFd> eldest) {
          if (size() > OPEN_DIRECTORIES) {
            eldest.getValue().close();
            return true;
          }
          return false;
        }
      };

  ExtractTarget(DirFd root, OverlayEncoding encoding) throws IOException {
    this.root = root;
    this.encoding = encoding;
    try (FileFd self = root.self()) {
      // Setgid, or mounts with "grpid", would hand another group down; see isForeign().
      Identity own = Identity.current();
      self.chown(own.uid(), own.gid());
      self.chmod(0700);
      rootStat = self.stat();
    }
    directories.put(BytePath.ROOT, new Directory());
  }

  /** An operation on a name in its open parent directory. */
  @FunctionalInterface
  interface OnName {
    void apply(DirFd directory, BytePath name) throws IOException;
  }

  /** The real path of a directory, made if missing; links of this layer on the way are followed. */
  BytePath directory(BytePath path) throws IOException {
    return directories.containsKey(path) ? path : walk(path, true).orElseThrow();
  }

  /** The real path of a name whose parents exist; empty if they do not. A link at the end stays. */
  Optional<BytePath> existing(BytePath path) throws IOException {
    Optional<BytePath> parent =
        directories.containsKey(path.parent())
            ? Optional.of(path.parent())
            : walk(path.parent(), false);
    return path.isRoot() ? parent : parent.map(p -> p.resolve(path.name()));
  }

  private Optional<BytePath> walk(BytePath path, boolean make) throws IOException {
    Deque<String> rest = new ArrayDeque<>();
    path.components().forEach(c -> rest.add(c.latin1()));
    BytePath here = BytePath.ROOT;
    int links = 0;
    while (!rest.isEmpty()) {
      String name = rest.removeFirst();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        // At the root this stays there, as it does for a process whose root it is.
        here = here.parent();
        continue;
      }
      BytePath next = here.resolve(BytePath.ofLatin1(name));
      if (directories.containsKey(next)) {
        here = next;
        continue;
      }
      Optional<Stat> stat = stat(next);
      if (stat.isPresent() && stat.get().isSymlink()) {
        if (++links > MAX_LINKS) {
          throw TarReader.corrupt("layer path \"" + path + "\" goes through too many links");
        }
        String target = parent(next).readlink(next.name());
        String[] components = target.split("/", -1);
        for (int i = components.length - 1; i >= 0; i--) {
          rest.addFirst(components[i]);
        }
        if (target.startsWith("/")) {
          here = BytePath.ROOT;
        }
        continue;
      }
      boolean whiteout = stat.isPresent() && isWhiteout(next, stat.get());
      if (stat.isPresent() && !whiteout) {
        throw TarReader.corrupt(
            "layer path \"" + path + "\" goes through \"" + next + "\", which is no directory");
      }
      if (!make) {
        return Optional.empty();
      }
      makeDirectory(next);
      here = next;
    }
    return Optional.of(here);
  }

  /** Whether what is at a path only hides what lower layers have there. */
  boolean isWhiteout(BytePath path, Stat stat) throws IOException {
    return !path.isRoot()
        && LayerDirectory.mark(parent(path), path.name(), stat) == LayerDirectory.Mark.WHITEOUT;
  }

  Optional<Stat> stat(BytePath path) throws IOException {
    return path.isRoot() ? Optional.of(rootStat) : parent(path).find(path.name());
  }

  /** The open directory that holds a name; it exists and has no link in its path. */
  private DirFd parent(BytePath path) throws IOException {
    BytePath directory = path.parent();
    if (directory.isRoot()) {
      return root;
    }
    DirFd known = open.get(directory);
    if (known == null) {
      known = root.openDirectory(directory);
      open.put(directory, known);
    }
    return known;
  }

  /**
   * Makes a directory, or keeps the one that is there; one in the place of something else is
   * opaque.
   */
  void makeDirectory(BytePath path) throws IOException {
    if (directories.containsKey(path)) {
      return;
    }
    boolean opaque = false;
    try {
      parent(path).mkdir(path.name(), 0700);
    } catch (ErrnoException e) {
      requireExists(e);
      // Whatever is there, mark or file, has already replaced what lower layers have.
      opaque = true;
      parent(path).unlink(path.name());
      parent(path).mkdir(path.name(), 0700);
    }
    Directory made = new Directory();
    made.opaque = opaque;
    directories.put(path, made);
  }

  private Directory made(BytePath path) {
    return Objects.requireNonNull(directories.get(path), "directory was not made");
  }

  void describe(BytePath path, Attributes attributes) {
    made(path).attributes = attributes;
  }

  void makeOpaque(BytePath directory) {
    made(directory).opaque = true;
  }

  /** Makes a name that is no directory, in the place of whatever this layer had there. */
  void make(BytePath path, OnName maker) throws IOException {
    DirFd directory = parent(path);
    try {
      maker.apply(directory, path.name());
    } catch (ErrnoException e) {
      requireExists(e);
      remove(path);
      maker.apply(directory, path.name());
    }
  }

  FileFd create(BytePath path) throws IOException {
    try {
      return parent(path).create(path.name(), 0600);
    } catch (ErrnoException e) {
      requireExists(e);
      remove(path);
      return parent(path).create(path.name(), 0600);
    }
  }

  void link(BytePath existing, BytePath path) throws IOException {
    try {
      root.link(existing, path);
    } catch (ErrnoException e) {
      requireExists(e);
      if (existing.startsWith(path)) {
        throw TarReader.corrupt(
            "hard link \"" + path + "\" takes the place of its target \"" + existing + "\"");
      }
      remove(path);
      root.link(existing, path);
    }
  }

  private static void requireExists(ErrnoException e) throws ErrnoException {
    if (e.errno() != Errno.EEXIST && e.errno() != Errno.EISDIR) {
      throw e;
    }
  }

  private void remove(BytePath path) throws IOException {
    List<BytePath> below = new ArrayList<>();
    for (BytePath at : directories.tailMap(path, true).keySet()) {
      if (!at.startsWith(path)) {
        break;
      }
      below.add(at);
    }
    for (BytePath at : below) {
      directories.remove(at);
      DirFd cached = open.remove(at);
      if (cached != null) {
        cached.close();
      }
    }
    parent(path).deleteTree(path.name());
  }

  /** Hides what lower layers have at a path, but not what this layer has there. */
  void whiteout(BytePath path) throws IOException {
    Directory own = directories.get(path);
    if (own != null) {
      own.opaque = true;
      return;
    }
    try {
      LayerDirectory.makeWhiteout(parent(path), path.name(), encoding);
    } catch (ErrnoException e) {
      // It is a file of this layer, or hidden already.
      requireExists(e);
    }
  }

  /** Sets what a just written file is to have. */
  void attributes(FileFd file, Attributes attributes) throws IOException {
    if (isForeign(attributes)) {
      file.chown((int) attributes.uid(), (int) attributes.gid());
    }
    file.chmod(attributes.mode());
    attributes.xattrs().forEach((name, value) -> setXattr(file, name, value));
    Instant time = attributes.mtime();
    file.setModified(time.getEpochSecond(), time.getNano());
  }

  /**
   * Whether the owner needs to be set. New files get the caller's ids: their directory belongs to
   * the caller and is not setgid until {@link #finish}, even where the file system inherits groups.
   */
  private boolean isForeign(Attributes attributes) {
    return (int) attributes.uid() != rootStat.uid() || (int) attributes.gid() != rootStat.gid();
  }

  /** Sets what a just made name that cannot be opened is to have. */
  void attributes(BytePath path, Attributes attributes, FileType type) throws IOException {
    DirFd directory = parent(path);
    BytePath name = path.name();
    if (isForeign(attributes)) {
      directory.chown(name, (int) attributes.uid(), (int) attributes.gid());
    }
    if (type != FileType.SYMLINK) {
      directory.chmod(name, attributes.mode());
    }
    attributes
        .xattrs()
        .forEach((attribute, value) -> {
          try {
            directory.setXattr(name, attribute, value);
          } catch (ErrnoException e) {
            throw refusedXattr(path.toString(), attribute, e);
          }
        });
    Instant time = attributes.mtime();
    directory.setModified(name, time.getEpochSecond(), time.getNano());
  }

  private static void setXattr(FileFd file, String name, byte[] value) throws IOException {
    try {
      file.setXattr(name, value);
    } catch (ErrnoException e) {
      throw refusedXattr("", name, e);
    }
  }

  private static IOException refusedXattr(String path, String name, ErrnoException e)
      throws IOException {
    if (e.errno() == Errno.EOPNOTSUPP) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "file system of the store has no extended attribute \""
              + BytePath.printable(name)
              + "\""
              + (path.isEmpty() ? "" : " for \"" + path + "\""),
          "put the store on ext4, xfs or btrfs",
          e);
    }
    return e;
  }

  /** Gives all directories what they are to have; says which nothing described. */
  List<BytePath> finish() throws IOException {
    List<BytePath> implicit = new ArrayList<>();
    // Deepest first: closing a directory to its owner must not keep us from those below it.
    for (Map.Entry<BytePath, Directory> each : directories.descendingMap().entrySet()) {
      Directory directory = each.getValue();
      if (directory.attributes == null) {
        implicit.add(each.getKey());
      }
      Attributes attributes = directory.attributes == null ? IMPLICIT : directory.attributes;
      try (DirFd opened = root.openDirectory(each.getKey());
          FileFd self = opened.self()) {
        if (directory.opaque) {
          setXattr(self, encoding.opaqueAttribute(), OverlayEncoding.yes());
        }
        attributes(self, attributes);
      }
    }
    return implicit.reversed();
  }

  @Override
  public void close() {
    open.values().forEach(DirFd::close);
    open.clear();
  }
}
