package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * A layer's directory in overlay form: reads it as the changes it stands for, and makes an
 * overlay's upper directory one.
 *
 * <p>An upper directory as a step leaves it is not yet a layer. It holds files that were copied up
 * and not changed, marks for names that the step itself made, and says "opaque" of directories that
 * hide nothing. Over the lowers of that step all this is harmless; over others, which a cache may
 * well put below the layer, it would hide or show what the layer's tar does not. So {@link #settle}
 * makes the directory say what the changes say, no more: afterwards {@link #read} gives exactly the
 * changes it was settled to, and the canonical tar made from either has the same digest.
 */
public final class UnpackedLayer {
  private static final int ENTRY = 1;
  private static final int WHITEOUT = 2;
  private static final int OPAQUE = 4;

  private UnpackedLayer() {}

  /** Reports the changes that a layer's directory stands for, in tree order. */
  public static void read(DirFd layer, ChangeSink sink) throws IOException {
    new Reader(layer, sink).run();
  }

  /**
   * Makes an upper directory stand for exactly these changes, which {@link UpperDiff} found in it.
   * The cost follows the size of the directory; no file is read.
   *
   * @return whether there is a mark that is another in another encoding
   */
  public static boolean settle(DirFd upper, List<TreeChange> changes, OverlayEncoding encoding)
      throws IOException {
    Settler settler = new Settler(encoding, changes);
    settler.run(upper);
    return settler.marked;
  }

  private static final class Reader {
    private final DirFd root;
    private final ChangeSink sink;
    private final Map<Long, BytePath> firstNames = new HashMap<>();

    Reader(DirFd root, ChangeSink sink) {
      this.root = root;
      this.sink = sink;
    }

    void run() throws IOException {
      directory(root, BytePath.ROOT, root, BytePath.ROOT, root.stat(BytePath.ROOT));
    }

    private void directory(DirFd parent, BytePath name, DirFd here, BytePath path, Stat stat)
        throws IOException {
      SortedMap<String, byte[]> raw = parent.xattrs(name);
      if (!LayerDirectory.isImplicit(stat)) {
        sink.accept(EntryReader.entry(root, path, parent, name, stat, EntryReader.clean(raw)));
      }
      if (LayerDirectory.isOpaque(raw)) {
        sink.accept(new OpaqueMark(path));
      }
      List<DirEntry> entries = here.list();
      entries.sort(Comparator.comparing(DirEntry::name));
      for (DirEntry entry : entries) {
        name(here, entry.name(), path.resolve(entry.name()));
      }
    }

    private void name(DirFd here, BytePath name, BytePath path) throws IOException {
      Stat stat = here.stat(name);
      if (stat.isDirectory()) {
        try (DirFd inside = here.openDirectory(name)) {
          directory(here, name, inside, path, stat);
        }
        return;
      }
      SortedMap<String, byte[]> raw = here.xattrs(name);
      if (LayerDirectory.isWhiteout(stat, raw)) {
        sink.accept(new Whiteout(path));
        return;
      }
      TreeEntry entry = EntryReader.entry(root, path, here, name, stat, EntryReader.clean(raw));
      BytePath first = stat.nlink() > 1 ? firstNames.putIfAbsent(stat.ino(), path) : null;
      sink.accept(
          first == null
              ? entry
              : new TreeEntry.HardLink(path, entry.attributes(), entry.type(), first));
    }
  }

  private static final class Settler {
    private final OverlayEncoding encoding;
    private final Map<BytePath, Integer> wanted = new HashMap<>();
    private final Map<BytePath, List<BytePath>> whiteouts = new HashMap<>();
    private boolean marked;

    Settler(OverlayEncoding encoding, List<TreeChange> changes) {
      this.encoding = encoding;
      for (TreeChange change : changes) {
        int flag =
            switch (change) {
              case TreeEntry _ -> ENTRY;
              case Whiteout _ -> WHITEOUT;
              case OpaqueMark _ -> OPAQUE;
            };
        wanted.merge(change.path(), flag, (a, b) -> a | b);
        if (flag == WHITEOUT) {
          whiteouts
              .computeIfAbsent(change.path().parent(), _ -> new ArrayList<>())
              .add(change.path());
          marked |= encoding == OverlayEncoding.NESTED;
        }
      }
    }

    void run(DirFd upper) throws IOException {
      try (FileFd self = upper.self()) {
        Stat stat = self.stat();
        SortedMap<String, byte[]> raw = self.xattrs();
        boolean changed = directory(upper, BytePath.ROOT);
        settleOpaque(
            LayerDirectory.isOpaque(raw, encoding),
            isWanted(BytePath.ROOT, OPAQUE),
            raw,
            self::setXattr,
            self::removeXattr);
        if (!isWanted(BytePath.ROOT, ENTRY)) {
          self.setModified(LayerDirectory.IMPLICIT, 0);
        } else if (changed) {
          self.setModified(stat.mtime(), stat.mtimeNanos());
        }
      }
    }

    /** Settles what is in a directory; whether that changed the directory itself. */
    private boolean directory(DirFd here, BytePath path) throws IOException {
      boolean changed = false;
      List<BytePath> missing = new ArrayList<>(whiteouts.getOrDefault(path, List.of()));
      for (DirEntry entry : here.list()) {
        BytePath child = path.resolve(entry.name());
        Stat stat = here.stat(entry.name());
        if (isWanted(child, WHITEOUT)
            && LayerDirectory.mark(here, entry.name(), stat) == LayerDirectory.Mark.WHITEOUT) {
          missing.remove(child);
        } else if (!isWanted(child, ENTRY)) {
          here.deleteTree(entry.name());
          changed = true;
        } else if (stat.isDirectory()) {
          subdirectory(here, entry.name(), child, stat);
        } else if (stat.isRegular() && stat.size() == 0) {
          unmark(here, entry.name());
        }
      }
      for (BytePath whiteout : missing) {
        LayerDirectory.makeWhiteout(here, whiteout.name(), encoding);
        changed = true;
      }
      return changed;
    }

    /** An empty file that was reported as one may bear a mark that the step made up. */
    private static void unmark(DirFd here, BytePath name) throws IOException {
      for (OverlayEncoding each : List.of(OverlayEncoding.TRUSTED, OverlayEncoding.USER)) {
        if (here.xattr(name, each.whiteoutAttribute()).isPresent()) {
          here.removeXattr(name, each.whiteoutAttribute());
        }
      }
    }

    private void subdirectory(DirFd here, BytePath name, BytePath path, Stat stat)
        throws IOException {
      boolean changed;
      try (DirFd inside = here.openDirectory(name)) {
        changed = directory(inside, path);
      }
      SortedMap<String, byte[]> raw = here.xattrs(name);
      settleOpaque(
          LayerDirectory.isOpaque(raw, encoding),
          isWanted(path, OPAQUE),
          raw,
          (attribute, value) -> here.setXattr(name, attribute, value),
          attribute -> here.removeXattr(name, attribute));
      if (changed) {
        here.setModified(name, stat.mtime(), stat.mtimeNanos());
      }
    }

    private void settleOpaque(
        boolean is, boolean should, SortedMap<String, byte[]> raw, Setter set, Remover remove)
        throws IOException {
      if (should) {
        marked = true;
        if (!is) { // what it says in another encoding is no mark
          set.set(encoding.opaqueAttribute(), OverlayEncoding.yes());
        }
        return;
      }
      // Also the value "x" of newer kernels, which only says that whiteouts in here are xattrs.
      for (OverlayEncoding each : List.of(OverlayEncoding.TRUSTED, OverlayEncoding.USER)) {
        if (raw.containsKey(each.opaqueAttribute())) {
          remove.remove(each.opaqueAttribute());
        }
      }
    }

    private boolean isWanted(BytePath path, int flag) {
      return (wanted.getOrDefault(path, 0) & flag) != 0;
    }

    private interface Setter {
      void set(String attribute, byte[] value) throws IOException;
    }

    private interface Remover {
      void remove(String attribute) throws IOException;
    }
  }
}
