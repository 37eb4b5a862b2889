package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A layer in the making: changes in any order, over a tree that stays as it is.
 *
 * <p>The builder is itself the tree that results, so a second source of one COPY sees what the
 * first one put. Later changes win. Directories merge; anything else replaces what was there, and
 * all that was below it. Parents that nobody put are taken from below as they are there, and where
 * there are none, made as {@link Attributes#DIRECTORY}.
 *
 * <p>{@link #changes} and {@link #writeTo} give the layer in tree order: parents included, nothing
 * said twice, hard links settled (of the names of one file the first in order carries the content).
 * Files become names of one file by {@link TreeEntry.HardLink} entries, or by contents with the
 * same {@link ContentSource#link()} and equal attributes. Holds entries in memory, never content.
 * Used by one thread at a time; closing it closes the lower tree only if it was made by {@link
 * #owning}.
 */
public final class LayerBuilder implements FileTree {
  /** Sorts after everything a directory can hold: names end at 255 bytes. */
  private static final BytePath AFTER_ALL = BytePath.ofLatin1("\u00ff".repeat(256));

  private final FileTree lower;
  private final boolean ownsLower;

  /** What was put, at its path; never a {@link TreeEntry.HardLink}. */
  private final NavigableMap<BytePath, TreeEntry> entries = new TreeMap<>();

  private final NavigableSet<BytePath> whiteouts = new TreeSet<>();
  private final NavigableSet<BytePath> opaque = new TreeSet<>();

  /** The names that explicit links made one file of. */
  private final Map<BytePath, LinkGroup> groups = new HashMap<>();

  /** A directory known to be there, so that a thousand files in it ask once. */
  private @Nullable BytePath knownDirectory;

  private record Inode(ContentSource.LinkKey key, Attributes attributes, long size) {}

  private static final class LinkGroup {
    final List<BytePath> names = new ArrayList<>();
  }

  public LayerBuilder(FileTree lower) {
    this(lower, false);
  }

  private LayerBuilder(FileTree lower, boolean ownsLower) {
    this.lower = lower;
    this.ownsLower = ownsLower;
  }

  /** One whose lower tree is closed with it. */
  public static LayerBuilder owning(FileTree lower) {
    return new LayerBuilder(lower, true);
  }

  @Override
  public void close() throws IOException {
    if (ownsLower) {
      lower.close();
    }
  }

  /** Whether nothing has changed. */
  public boolean isEmpty() {
    return entries.isEmpty() && whiteouts.isEmpty() && opaque.isEmpty();
  }

  /**
   * Puts an entry at its path, literally: a link in the path's parents is refused, so look the
   * destination up with {@link #resolve} first. A hard link whose target is not of this layer
   * becomes a copy of the target.
   *
   * @throws NotDirectoryException if a parent is something else than a directory
   * @throws BuildFailure {@code CORRUPT} if a hard link's target does not exist or is a directory
   */
  public void put(TreeEntry entry) throws IOException {
    BytePath path = entry.path();
    if (path.isRoot()) {
      if (!entry.isDirectory()) {
        throw new NotDirectoryException(path.toString());
      }
      entries.put(path, entry);
      return;
    }
    requireDirectory(path.parent());
    switch (entry) {
      case TreeEntry.Directory directory -> putDirectory(directory);
      case TreeEntry.HardLink link -> putLink(link);
      case TreeEntry.RegularFile _,
          TreeEntry.Symlink _,
          TreeEntry.Device _,
          TreeEntry.Fifo _,
          TreeEntry.Socket _ -> {
        replace(path);
        entries.put(path, entry);
      }
    }
  }

  private void putDirectory(TreeEntry.Directory directory) throws IOException {
    BytePath path = directory.path();
    TreeEntry before = entries.get(path);
    boolean replaces = before != null && !before.isDirectory();
    if (replaces) {
      forget(path);
    }
    // A directory in the place of something that this layer removed must not merge with the lower.
    if ((whiteouts.remove(path) || replaces) && isLowerDirectory(path)) {
      opaque.add(path);
    }
    entries.put(path, directory);
  }

  private void putLink(TreeEntry.HardLink link) throws IOException {
    BytePath path = link.path();
    if (path.equals(link.target())) {
      return;
    }
    boolean own = entries.containsKey(link.target());
    TreeEntry target =
        find(link.target())
            .orElseThrow(() ->
                TarReader.corrupt(
                    "hard link \""
                        + path
                        + "\" names \""
                        + link.target()
                        + "\", which does not exist"));
    if (target.isDirectory() || link.target().startsWith(path)) {
      throw TarReader.corrupt(
          "hard link \"" + path + "\" names the directory \"" + link.target() + "\"");
    }
    // A tar gives the extended attributes with the file and not with its further names.
    Attributes attributes =
        link.attributes().xattrs().isEmpty()
            ? link.attributes().withXattrs(target.attributes().xattrs())
            : link.attributes();
    replace(path);
    entries.put(path, target.at(path).with(attributes));
    if (own) {
      LinkGroup group = groups.computeIfAbsent(link.target(), this::newGroup);
      group.names.add(path);
      groups.put(path, group);
      // One file has one set of attributes; as on disk, the last to say so wins.
      for (BytePath name : group.names) {
        entries.computeIfPresent(name, (_, e) -> e.with(attributes));
      }
    }
  }

  private LinkGroup newGroup(BytePath first) {
    LinkGroup group = new LinkGroup();
    group.names.add(first);
    return group;
  }

  private void replace(BytePath path) {
    forgetBelow(path);
    forget(path);
    opaque.remove(path);
    whiteouts.remove(path);
    knownDirectory = null;
  }

  private void forget(BytePath path) {
    entries.remove(path);
    LinkGroup group = groups.remove(path);
    if (group != null) {
      group.names.remove(path);
    }
  }

  private void forgetBelow(BytePath path) {
    List<BytePath> below = new ArrayList<>();
    for (BytePath at : entries.tailMap(path, false).keySet()) {
      if (!at.startsWith(path)) {
        break;
      }
      below.add(at);
    }
    below.forEach(this::forget);
    dropBelow(whiteouts, path);
    dropBelow(opaque, path);
  }

  private static void dropBelow(NavigableSet<BytePath> paths, BytePath path) {
    paths.subSet(path, false, path.resolve(AFTER_ALL), true).clear();
  }

  /**
   * Makes sure that a directory and all above it exist, new ones with these attributes; existing
   * ones stay as they are.
   *
   * @throws NotDirectoryException if one of them is something else
   */
  public void makeDirectories(BytePath directory, Attributes attributes) throws IOException {
    Optional<TreeEntry> found = find(directory);
    if (found.isEmpty()) {
      makeDirectories(directory.parent(), attributes);
      put(new TreeEntry.Directory(directory, attributes));
    } else if (!found.get().isDirectory()) {
      throw new NotDirectoryException(directory.toString());
    }
  }

  private void requireDirectory(BytePath directory) throws IOException {
    if (Objects.equals(directory, knownDirectory)) {
      return;
    }
    makeDirectories(directory, Attributes.DIRECTORY);
    knownDirectory = directory;
  }

  /** Removes a file or a whole directory. Nothing there is no error. */
  public void remove(BytePath path) throws IOException {
    if (path.isRoot()) {
      throw new IllegalArgumentException("the root cannot be removed");
    }
    boolean below = showsLower(path) && lower.find(path).isPresent();
    replace(path);
    if (below) {
      whiteouts.add(path);
    }
  }

  private boolean isLowerDirectory(BytePath path) throws IOException {
    return showsLower(path) && lower.find(path).filter(TreeEntry::isDirectory).isPresent();
  }

  /** Whether no change at the path or above it hides what the lower tree has there. */
  private boolean showsLower(BytePath path) {
    for (BytePath at = path; !at.isRoot(); at = at.parent()) {
      boolean above = !at.equals(path);
      if (whiteouts.contains(at) || (above && opaque.contains(at))) {
        return false;
      }
      TreeEntry put = above ? entries.get(at) : null;
      if (put != null && !put.isDirectory()) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    TreeEntry put = entries.get(path);
    if (put != null) {
      return Optional.of(put);
    }
    return showsLower(path) ? lower.find(path) : Optional.empty();
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    Optional<TreeEntry> here = find(directory);
    if (here.isEmpty()) {
      throw new NoSuchFileException(directory.toString());
    }
    if (!here.get().isDirectory()) {
      throw new NotDirectoryException(directory.toString());
    }
    NavigableMap<BytePath, TreeEntry> result = new TreeMap<>();
    if (!opaque.contains(directory) && isLowerDirectory(directory)) {
      for (TreeEntry entry : lower.list(directory)) {
        if (!whiteouts.contains(entry.path())) {
          result.put(entry.path(), entry);
        }
      }
    }
    BytePath at = entries.higherKey(directory);
    while (at != null && at.startsWith(directory)) {
      BytePath child = directory.resolve(at.relativeTo(directory).components().getFirst());
      TreeEntry entry = entries.get(child);
      if (entry != null) {
        result.put(child, entry);
      }
      at = entries.higherKey(child.resolve(AFTER_ALL));
    }
    return List.copyOf(result.values());
  }

  /** Writes all changes and finishes the writer. */
  public void writeTo(LayerWriter writer) throws IOException {
    for (TreeChange change : changes()) {
      writer.write(change);
    }
    writer.finish();
  }

  /** The layer's changes in tree order. */
  public List<TreeChange> changes() throws IOException {
    NavigableMap<BytePath, TreeEntry> all = withParents();
    List<TreeChange> changes = new ArrayList<>(all.size() + whiteouts.size() + opaque.size());
    NavigableSet<BytePath> gone = new TreeSet<>(whiteouts);
    Map<Object, BytePath> firstNames = new HashMap<>();
    for (TreeEntry entry : all.values()) {
      while (!gone.isEmpty() && gone.first().compareTo(entry.path()) < 0) {
        changes.add(new Whiteout(gone.removeFirst()));
      }
      BytePath first = firstName(entry, firstNames);
      changes.add(
          first.equals(entry.path())
              ? entry
              : new TreeEntry.HardLink(entry.path(), entry.attributes(), entry.type(), first));
      if (opaque.contains(entry.path())) {
        changes.add(new OpaqueMark(entry.path()));
      }
    }
    gone.forEach(path -> changes.add(new Whiteout(path)));
    return changes;
  }

  private NavigableMap<BytePath, TreeEntry> withParents() throws IOException {
    NavigableMap<BytePath, TreeEntry> all = new TreeMap<>(entries);
    List<BytePath> paths = new ArrayList<>(entries.keySet());
    paths.addAll(whiteouts);
    for (BytePath path : paths) {
      for (BytePath at = path.parent(); !at.isRoot() && !all.containsKey(at); at = at.parent()) {
        BytePath parent = at;
        all.put(
            at,
            lower
                .find(at)
                .filter(TreeEntry::isDirectory)
                .orElseThrow(() -> new NotDirectoryException(parent.toString())));
      }
    }
    return all;
  }

  private BytePath firstName(TreeEntry entry, Map<Object, BytePath> firstNames) {
    Object identity = groups.get(entry.path());
    if (identity == null && entry instanceof TreeEntry.RegularFile file) {
      identity =
          file.content()
              .link()
              .map(key -> new Inode(key, file.attributes(), file.size()))
              .orElse(null);
    }
    BytePath known = identity == null ? null : firstNames.putIfAbsent(identity, entry.path());
    return known == null ? entry.path() : known;
  }
}
