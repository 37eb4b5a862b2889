package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What a step changed: the difference between the tree it started from and the directory it left,
 * as a layer's changes.
 *
 * <p>Two kinds of directory are read. An overlay's <em>upper</em> directory holds only what was
 * touched, with marks for what was removed; a <em>whole</em> directory (copy mode) holds
 * everything, and a {@link StatIndex} taken before the step tells what was not touched. Both give
 * the same changes for the same result, because what is reported depends on the two trees only:
 *
 * <ul>
 *   <li>A file is reported if it differs from the lower one in kind, mode, owner, time, xattrs,
 *       link target, device number, size or content. What was merely copied up is not. Content is
 *       read only where all else is equal.
 *   <li>A directory is reported if it is new, differs in mode, owner or xattrs, or holds a change.
 *       Its time alone is no change.
 *   <li>A name that is gone is a whiteout if the lower tree has it; what a step made and removed
 *       leaves no trace. Where all of two or more lower names of a directory are gone, one opaque
 *       mark stands for them.
 *   <li>Names of one inode are one file and hard links to the first of them. Sockets do not exist.
 * </ul>
 *
 * <p>The cost of an upper directory follows its own size, not that of the lower tree. Content of
 * the reported files is read later, so the directory must stay until the layer is written.
 */
public final class UpperDiff {
  /**
   * How deep directories may be nested. A step can make more of them than a path can say and a
   * stack can hold; a tar of them could be unpacked by nobody.
   */
  static final int MAX_DEPTH = 500;

  private final DirFd root;
  private final FileTree lower;
  private final Optional<StatIndex> before;
  private final ChangeSink sink;

  /** The marks that the kernel read and wrote; empty for a whole directory, which has none. */
  private final Optional<OverlayEncoding> marks;

  /** Directories on the way down that are not reported unless something below them is. */
  private final List<Parent> unreported = new ArrayList<>();

  private final Map<Long, BytePath> firstNames = new HashMap<>();

  /** A directory's entry, read when it turns out to be needed. */
  @FunctionalInterface
  private interface Parent {
    TreeEntry entry() throws IOException;
  }

  private UpperDiff(
      DirFd root,
      FileTree lower,
      Optional<OverlayEncoding> marks,
      Optional<StatIndex> before,
      ChangeSink sink) {
    this.marks = marks;
    this.root = root;
    this.lower = lower;
    this.before = before;
    this.sink = sink;
  }

  /**
   * Reports what an overlay's upper directory changes of the tree below it.
   *
   * @param encoding that of the mount. What looks like a mark in another one is an attribute that
   *     the step set, such as {@code user.overlay.opaque} in an overlay of trusted marks: it hid
   *     nothing from the step and hides nothing here
   */
  public static void ofUpper(DirFd upper, FileTree lower, OverlayEncoding encoding, ChangeSink sink)
      throws IOException {
    new UpperDiff(upper, lower, Optional.of(encoding), Optional.empty(), sink).run();
  }

  /**
   * Reports how a directory differs from the tree that it was made a copy of.
   *
   * @param before the directory as it was when the copy was complete
   */
  public static void ofWhole(DirFd directory, FileTree lower, StatIndex before, ChangeSink sink)
      throws IOException {
    new UpperDiff(directory, lower, Optional.empty(), Optional.of(before), sink).run();
  }

  /**
   * How the lower tree relates to a directory being read.
   *
   * @param comparable whether the lower tree has a directory here
   * @param shows whether its names show through where this one has none
   */
  private record Below(boolean comparable, boolean shows) {
    static final Below NOTHING = new Below(false, false);
  }

  private void run() throws IOException {
    Stat stat = root.stat(BytePath.ROOT);
    SortedMap<String, byte[]> raw = root.xattrs(BytePath.ROOT);
    TreeEntry entry =
        EntryReader.entry(root, BytePath.ROOT, root, BytePath.ROOT, stat, EntryReader.clean(raw));
    TreeEntry below = lower.find(BytePath.ROOT).orElseThrow();
    if (!sameDirectory(entry, below)) {
      sink.accept(entry);
    }
    boolean shows = before.isEmpty() && !isOpaque(raw);
    readDirectory(root, BytePath.ROOT, new Below(true, shows));
  }

  private void readDirectory(DirFd here, BytePath directory, Below below) throws IOException {
    List<DirEntry> entries = here.list();
    entries.sort(Comparator.comparing(DirEntry::name));
    List<Seen> seen = new ArrayList<>(entries.size());
    NavigableSet<BytePath> gone = new TreeSet<>();
    for (DirEntry entry : entries) {
      look(here, directory.resolve(entry.name()), entry.name(), below, gone).ifPresent(seen::add);
    }
    reportGone(directory, below, seen, gone);
    for (Seen name : seen) {
      while (!gone.isEmpty() && gone.first().compareTo(name.path) < 0) {
        report(new Whiteout(gone.removeFirst()));
      }
      readName(here, name, below);
    }
    for (BytePath path : gone) {
      report(new Whiteout(path));
    }
  }

  /** A name that exists after the step. */
  private record Seen(BytePath path, BytePath name, Stat stat) {}

  private Optional<Seen> look(
      DirFd here, BytePath path, BytePath name, Below below, NavigableSet<BytePath> gone)
      throws IOException {
    Stat stat = here.stat(name);
    boolean removed =
        switch (stat.type()) {
          case CHARACTER_DEVICE -> stat.isOverlayWhiteout();
          case REGULAR ->
              marks.isPresent()
                  && stat.size() == 0
                  && LayerDirectory.isWhiteout(stat, here.xattrs(name), marks.get());
          case SOCKET -> true;
          case DIRECTORY, SYMLINK, BLOCK_DEVICE, FIFO -> false;
        };
    if (!removed) {
      return Optional.of(new Seen(path, name, stat));
    }
    if (below.comparable && below.shows && lower.find(path).isPresent()) {
      gone.add(path);
    }
    return Optional.empty();
  }

  /**
   * Adds the lower names that are gone without a mark, and reports them as one where they are all.
   */
  private void reportGone(
      BytePath directory, Below below, List<Seen> seen, NavigableSet<BytePath> gone)
      throws IOException {
    if (!below.comparable || (below.shows && gone.isEmpty())) {
      return;
    }
    NavigableSet<BytePath> names = new TreeSet<>();
    for (BytePath name : lowerNames(directory)) {
      names.add(name);
    }
    int all = names.size();
    if (!below.shows) {
      seen.forEach(name -> names.remove(name.path));
      gone.addAll(names);
    }
    if (all >= 2 && gone.size() == all) {
      gone.clear();
      report(new OpaqueMark(directory));
    }
  }

  private List<BytePath> lowerNames(BytePath directory) throws IOException {
    if (before.isPresent()) {
      return before.get().children(directory);
    }
    return lower.list(directory).stream().map(TreeEntry::path).toList();
  }

  private void readName(DirFd here, Seen name, Below below) throws IOException {
    boolean untouched = before.isPresent() && before.get().isUntouched(name.path, name.stat);
    if (name.stat.isDirectory()) {
      readSubdirectory(here, name, below, untouched);
      return;
    }
    if (untouched) {
      return;
    }
    SortedMap<String, byte[]> raw = here.xattrs(name.name);
    if (has(raw, OverlayEncoding::metacopyAttribute)) {
      throw unsupported(name.path, "metacopy");
    }
    TreeEntry entry =
        EntryReader.entry(root, name.path, here, name.name, name.stat, EntryReader.clean(raw));
    if (name.stat.nlink() > 1) {
      // Links do not survive a copy-up, so a file with two names got the second in this step.
      BytePath first = firstNames.putIfAbsent(name.stat.ino(), name.path);
      report(
          first == null
              ? entry
              : new TreeEntry.HardLink(name.path, entry.attributes(), entry.type(), first));
      return;
    }
    Optional<TreeEntry> old = below.comparable ? lower.find(name.path) : Optional.empty();
    if (old.isEmpty() || !Sameness.sameFile(entry, old.get())) {
      report(entry);
    }
  }

  private void readSubdirectory(DirFd here, Seen name, Below below, boolean untouched)
      throws IOException {
    if (name.path.depth() > MAX_DEPTH) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "directories below \"/"
              + name.path.components().getFirst()
              + "\" are nested more than "
              + MAX_DEPTH
              + " deep");
    }
    boolean shows = below.shows;
    boolean comparable = below.comparable;
    int depth = unreported.size();
    if (untouched) {
      // Its entry is only needed if something below it changed; read it then.
      unreported.add(() -> EntryReader.read(root, name.path, root, name.path, name.stat));
    } else {
      SortedMap<String, byte[]> raw = here.xattrs(name.name);
      if (has(raw, OverlayEncoding::redirectAttribute)) {
        throw unsupported(name.path, "redirect");
      }
      TreeEntry entry =
          EntryReader.entry(root, name.path, here, name.name, name.stat, EntryReader.clean(raw));
      Optional<TreeEntry> old = comparable ? lower.find(name.path) : Optional.empty();
      comparable = old.isPresent() && old.get().isDirectory();
      shows = shows && comparable && !isOpaque(raw);
      if (comparable && sameDirectory(entry, old.get())) {
        unreported.add(() -> entry);
      } else {
        report(entry);
      }
    }
    try (DirFd inside = here.openDirectory(name.name)) {
      readDirectory(inside, name.path, comparable ? new Below(true, shows) : Below.NOTHING);
    }
    while (unreported.size() > depth) {
      unreported.removeLast();
    }
  }

  private boolean isOpaque(SortedMap<String, byte[]> raw) {
    return marks.isPresent() && LayerDirectory.isOpaque(raw, marks.get());
  }

  private boolean has(SortedMap<String, byte[]> raw, Function<OverlayEncoding, String> mark) {
    return marks.isPresent() && raw.containsKey(mark.apply(marks.get()));
  }

  private static boolean sameDirectory(TreeEntry entry, TreeEntry old) {
    return Sameness.sameAttributes(entry.attributes(), old.attributes(), false);
  }

  private void report(TreeChange change) throws IOException {
    for (Parent parent : unreported) {
      sink.accept(parent.entry());
    }
    unreported.clear();
    sink.accept(change);
  }

  private static BuildFailure unsupported(BytePath path, String feature) {
    return new BuildFailure(
        BuildFailure.Kind.UNSUPPORTED,
        "overlay upper entry \"" + path + "\" uses " + feature,
        "mount the overlay with redirect_dir=nofollow,metacopy=off",
        null);
  }
}
