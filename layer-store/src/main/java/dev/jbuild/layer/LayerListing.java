package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a layer holds, without the content of files: enough for look-ups in a root file system that
 * has the layer in it, while the layer is not unpacked.
 *
 * <p>About 300 bytes of memory an entry. Immutable and thread-safe.
 */
public final class LayerListing {
  private static final AtomicLong NUMBERS = new AtomicLong();

  private final List<TreeEntry> entries;
  private final List<BytePath> whiteouts;
  private final List<BytePath> opaque;

  private LayerListing(List<TreeEntry> entries, List<BytePath> whiteouts, List<BytePath> opaque) {
    this.entries = List.copyOf(entries);
    this.whiteouts = List.copyOf(whiteouts);
    this.opaque = List.copyOf(opaque);
  }

  /** Gives the bytes of a file of the layer, once somebody wants them. */
  @FunctionalInterface
  public interface Content {
    InputStream open(BytePath path) throws IOException;
  }

  /**
   * Lists a layer's tar, which is read to its end.
   *
   * @param tar uncompressed
   * @return empty if the tar needs to be unpacked to be understood: it goes through links of its
   *     own, has more entries than {@code limit}, or is damaged in a way that unpacking tells of
   */
  public static Optional<LayerListing> ofTar(InputStream tar, int limit) throws IOException {
    TarReader reader = new TarReader(new BufferedInputStream(tar, 1 << 16), ExtractLimits.DEFAULT);
    Builder builder = new Builder();
    for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
      if (builder.size() >= limit || !builder.add(next.get())) {
        return Optional.empty();
      }
    }
    reader.drain();
    return Optional.of(builder.build());
  }

  /** Lists a layer's directory. */
  public static LayerListing ofDirectory(DirFd layer) throws IOException {
    Builder builder = new Builder();
    UnpackedLayer.read(layer, builder::add);
    return builder.build();
  }

  /** Number of entries and marks. */
  public int size() {
    return entries.size() + whiteouts.size() + opaque.size();
  }

  /**
   * The tree that results when the layer is put over another one.
   *
   * @param lower closed with the result
   */
  public FileTree over(FileTree lower, Content content) throws IOException {
    LayerBuilder tree = LayerBuilder.owning(lower);
    for (BytePath directory : opaque) {
      Optional<TreeEntry> below = lower.find(directory);
      if (below.isPresent() && below.get().isDirectory()) {
        for (TreeEntry child : lower.list(directory)) {
          tree.remove(child.path());
        }
      }
    }
    for (BytePath gone : whiteouts) {
      tree.remove(gone);
    }
    for (TreeEntry entry : entries) {
      giveWay(tree, entry);
      tree.put(
          entry instanceof TreeEntry.RegularFile file
              ? new TreeEntry.RegularFile(
                  file.path(),
                  file.attributes(),
                  file.size(),
                  new Lazy(file.path(), file.content().link(), content))
              : entry);
    }
    return tree;
  }

  /** A parent that is no directory below becomes one, as it does when the layer is mounted. */
  private static void giveWay(LayerBuilder tree, TreeEntry entry) throws IOException {
    for (BytePath at = entry.path().parent(); !at.isRoot(); at = at.parent()) {
      Optional<TreeEntry> there = tree.find(at);
      if (there.isPresent()) {
        if (!there.get().isDirectory()) {
          tree.remove(at);
        }
        return;
      }
    }
  }

  private record Lazy(BytePath path, Optional<LinkKey> link, Content content)
      implements ContentSource {
    @Override
    public InputStream open() throws IOException {
      return content.open(path);
    }
  }

  /** The content of a file that was only listed. */
  private record Unread(Optional<LinkKey> link) implements ContentSource {
    @Override
    public InputStream open() {
      throw new IllegalStateException("a listing has no content");
    }
  }

  private static final class Builder {
    private final List<TreeEntry> entries = new ArrayList<>();
    private final List<BytePath> whiteouts = new ArrayList<>();
    private final List<BytePath> opaque = new ArrayList<>();
    private final Set<BytePath> symlinks = new HashSet<>();
    private final Set<BytePath> linked = new HashSet<>();

    int size() {
      return entries.size() + whiteouts.size() + opaque.size();
    }

    /** Takes an entry; false if it cannot be understood without unpacking. */
    boolean add(TarEntry tar) {
      if (climbs(tar.name()) || (tar.type() == '1' && climbs(tar.link()))) {
        return false;
      }
      BytePath path = BytePath.ofLatin1(tar.name());
      for (BytePath at = path.parent(); !at.isRoot(); at = at.parent()) {
        if (symlinks.contains(at)) {
          return false;
        }
      }
      String name = path.name().latin1();
      if (name.equals(TarNames.OPAQUE)) {
        opaque.add(path.parent());
        return true;
      }
      if (name.startsWith(TarNames.AUFS)) {
        return true;
      }
      if (name.startsWith(TarNames.WHITEOUT)) {
        String hidden = name.substring(TarNames.WHITEOUT.length());
        // Unpacking tells what is wrong with one that names no file.
        return TarNames.isWhitedOut(hidden)
            && whiteouts.add(path.parent().resolve(BytePath.ofLatin1(hidden)));
      }
      Attributes attributes = tar.attributes();
      switch (tar.type()) {
        case '0' ->
            entries.add(
                new TreeEntry.RegularFile(
                    path, attributes, tar.size(), new Unread(Optional.empty())));
        case '1' -> {
          BytePath target = BytePath.ofLatin1(tar.link());
          linked.add(target);
          entries.add(new TreeEntry.HardLink(path, attributes, FileType.REGULAR, target));
        }
        case '2' -> {
          if (tar.link().isEmpty()) {
            return false;
          }
          symlinks.add(path);
          entries.add(new TreeEntry.Symlink(path, attributes, tar.link()));
        }
        case '3' ->
            entries.add(
                new TreeEntry.Device(
                    path, attributes, FileType.CHARACTER_DEVICE, tar.major(), tar.minor()));
        case '4' ->
            entries.add(
                new TreeEntry.Device(
                    path, attributes, FileType.BLOCK_DEVICE, tar.major(), tar.minor()));
        case '5' -> entries.add(new TreeEntry.Directory(path, attributes));
        case '6' -> entries.add(new TreeEntry.Fifo(path, attributes));
        default -> {
          return false;
        }
      }
      return true;
    }

    private static boolean climbs(String path) {
      return ("/" + path + "/").contains("/../");
    }

    void add(TreeChange change) {
      switch (change) {
        case Whiteout gone -> whiteouts.add(gone.path());
        case OpaqueMark mark -> opaque.add(mark.path());
        case TreeEntry.HardLink link -> {
          linked.add(link.target());
          entries.add(link);
        }
        case TreeEntry entry -> entries.add(entry);
      }
    }

    /** Files that have several names get a common key, as two names of one inode have. */
    LayerListing build() {
      long layer = NUMBERS.decrementAndGet();
      List<TreeEntry> keyed = new ArrayList<>(entries.size());
      for (TreeEntry entry : entries) {
        keyed.add(
            entry instanceof TreeEntry.RegularFile file
                ? new TreeEntry.RegularFile(
                    file.path(),
                    file.attributes(),
                    file.size(),
                    new Unread(
                        linked.contains(file.path())
                            ? Optional.of(new ContentSource.LinkKey(layer, keyed.size()))
                            : Optional.empty()))
                : entry);
      }
      return new LayerListing(keyed, whiteouts, opaque);
    }
  }
}
