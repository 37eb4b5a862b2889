package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A stack of unpacked layers seen as the one tree that overlayfs would show, without a mount and
 * without privilege.
 *
 * <p>A name comes from the topmost layer that has it; directories of several layers merge; a
 * whiteout hides the name below, an opaque mark the content of the directory below. A directory
 * that a layer holds without describing it takes its attributes from the next layer that does.
 *
 * <p>The layers must not change while the view is open. Look-ups cost one stat per layer and path
 * component at most, and none in a layer whose names are known and do not include it; which layers
 * hold a directory is remembered. Thread-safe.
 */
public final class LayeredView implements FileTree {
  private static final int REMEMBERED = 4096;

  /** Topmost first. */
  private final List<ViewedLayer> layers;

  private final ReentrantLock lock = new ReentrantLock();

  /** For a directory of the view: the layers that have a part in it, topmost first. */
  private final Map<BytePath, List<ViewedLayer>> directories =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<BytePath, List<ViewedLayer>> eldest) {
          return size() > REMEMBERED;
        }
      };

  private LayeredView(List<ViewedLayer> topmostFirst) {
    layers = topmostFirst;
  }

  /** An unpacked layer, and what names it has where that is known. */
  public record Layer(Path directory, Optional<LayerNames> names) {}

  /** Opens the layers' directories, bottom first as in an image. None gives the empty root. */
  public static LayeredView open(List<Path> bottomFirst) throws IOException {
    return of(bottomFirst.stream().map(path -> new Layer(path, Optional.empty())).toList());
  }

  /** As {@link #open} over layers whose names may be known, bottom first. */
  public static LayeredView of(List<Layer> bottomFirst) throws IOException {
    List<ViewedLayer> opened = new ArrayList<>();
    try {
      for (Layer layer : bottomFirst.reversed()) {
        opened.add(ViewedLayer.open(layer.directory(), layer.names()));
      }
      LayeredView view = new LayeredView(List.copyOf(opened));
      opened.clear();
      return view;
    } finally {
      opened.forEach(ViewedLayer::close);
    }
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    if (path.isRoot()) {
      return Optional.of(root());
    }
    for (ViewedLayer layer : directory(path.parent())) {
      Optional<Stat> found = layer.find(path);
      if (found.isPresent()) {
        return entry(layer.directory(), path, found.get());
      }
    }
    return Optional.empty();
  }

  private Optional<TreeEntry> entry(DirFd layer, BytePath path, Stat stat) throws IOException {
    if (stat.isOverlayWhiteout()) {
      return Optional.empty();
    }
    if (LayerDirectory.isImplicit(stat)) {
      return Optional.of(described(path));
    }
    SortedMap<String, byte[]> raw = layer.xattrs(path);
    if (LayerDirectory.isWhiteout(stat, raw)) {
      return Optional.empty();
    }
    return Optional.of(EntryReader.entry(layer, path, layer, path, stat, EntryReader.clean(raw)));
  }

  private TreeEntry root() throws IOException {
    for (ViewedLayer layer : layers) {
      Optional<Stat> stat = layer.find(BytePath.ROOT);
      if (stat.isPresent() && !LayerDirectory.isImplicit(stat.get())) {
        DirFd root = layer.directory();
        return EntryReader.read(root, BytePath.ROOT, root, BytePath.ROOT, stat.get());
      }
      if (layer.hidesAll()) {
        break;
      }
    }
    return new TreeEntry.Directory(BytePath.ROOT, Attributes.DIRECTORY);
  }

  /** A directory as the topmost layer that says something of it has it. */
  private TreeEntry described(BytePath path) throws IOException {
    for (ViewedLayer holder : directory(path)) {
      DirFd layer = holder.directory();
      Stat stat = layer.stat(path);
      if (!LayerDirectory.isImplicit(stat)) {
        return EntryReader.read(layer, path, layer, path, stat);
      }
    }
    return new TreeEntry.Directory(path, Attributes.DIRECTORY);
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    List<ViewedLayer> holders = directory(directory);
    if (holders.isEmpty() && !directory.isRoot()) {
      if (find(directory).isPresent()) {
        throw new NotDirectoryException(directory.toString());
      }
      throw new NoSuchFileException(directory.toString());
    }
    NavigableMap<BytePath, TreeEntry> result = new TreeMap<>();
    Set<BytePath> decided = new HashSet<>();
    for (ViewedLayer holder : holders) {
      DirFd layer = holder.directory();
      try (DirFd here = layer.openDirectory(directory)) {
        for (DirEntry name : here.list()) {
          if (decided.add(name.name())) {
            BytePath path = directory.resolve(name.name());
            listed(layer, here, name.name(), path).ifPresent(entry -> result.put(path, entry));
          }
        }
      }
    }
    return List.copyOf(result.values());
  }

  private Optional<TreeEntry> listed(DirFd layer, DirFd here, BytePath name, BytePath path)
      throws IOException {
    Stat stat = here.stat(name);
    if (stat.isOverlayWhiteout()) {
      return Optional.empty();
    }
    if (LayerDirectory.isImplicit(stat)) {
      return Optional.of(described(path));
    }
    SortedMap<String, byte[]> raw = here.xattrs(name);
    if (LayerDirectory.isWhiteout(stat, raw)) {
      return Optional.empty();
    }
    return Optional.of(EntryReader.entry(layer, path, here, name, stat, EntryReader.clean(raw)));
  }

  /** The layers that make up a directory, topmost first; none if there is no such directory. */
  private List<ViewedLayer> directory(BytePath path) throws IOException {
    lock.lock();
    try {
      List<ViewedLayer> known = directories.get(path);
      if (known != null) {
        return known;
      }
    } finally {
      lock.unlock();
    }
    List<ViewedLayer> result = List.copyOf(path.isRoot() ? rootHolders() : holders(path));
    lock.lock();
    try {
      directories.put(path, result);
    } finally {
      lock.unlock();
    }
    return result;
  }

  private List<ViewedLayer> rootHolders() throws IOException {
    List<ViewedLayer> holders = new ArrayList<>();
    for (ViewedLayer layer : layers) {
      holders.add(layer);
      if (layer.hidesAll()) {
        break;
      }
    }
    return holders;
  }

  private List<ViewedLayer> holders(BytePath path) throws IOException {
    List<ViewedLayer> holders = new ArrayList<>();
    for (ViewedLayer layer : directory(path.parent())) {
      Optional<Stat> found = layer.findHere(path);
      if (found.isEmpty()) {
        continue;
      }
      if (!found.get().isDirectory()) {
        // A whiteout, or a file: in either case nothing of the layers below merges in.
        break;
      }
      holders.add(layer);
      if (layer.isOpaque(path, found.get())) {
        break;
      }
    }
    return holders;
  }

  @Override
  public void close() {
    layers.forEach(ViewedLayer::close);
  }
}
