package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.util.Arrays;
import java.util.SortedMap;

/**
 * Reads names of an unpacked layer as overlayfs means them, in either {@link OverlayEncoding}.
 *
 * <p>A directory that the layer's tar never described but that was needed to hold something is
 * dated {@link #IMPLICIT}, one second before the epoch: it must not impose its attributes on the
 * same directory of a lower layer.
 */
final class LayerDirectory {
  /** Modification time, in seconds, of a directory that only exists because its content does. */
  static final long IMPLICIT = -1;

  /** What overlayfs marks a name with. */
  enum Mark {
    NONE,
    WHITEOUT,
    OPAQUE
  }

  private LayerDirectory() {}

  static boolean isImplicit(Stat stat) {
    return stat.isDirectory() && stat.mtime() == IMPLICIT && stat.mtimeNanos() == 0;
  }

  /** Cheap, for names without a stat: whether the type alone leaves it open that this is a mark. */
  static boolean isWhiteout(Stat stat, SortedMap<String, byte[]> raw) {
    if (stat.isOverlayWhiteout()) {
      return true;
    }
    return stat.isRegular()
        && stat.size() == 0
        && !raw.isEmpty()
        && has(raw, OverlayEncoding::whiteoutAttribute);
  }

  static boolean isOpaque(SortedMap<String, byte[]> raw) {
    return !raw.isEmpty()
        && Arrays.stream(OverlayEncoding.values())
            .anyMatch(e -> Arrays.equals(raw.get(e.opaqueAttribute()), OverlayEncoding.yes()));
  }

  /** As {@link #isWhiteout(Stat, SortedMap)}, for an overlay mounted with one encoding. */
  static boolean isWhiteout(Stat stat, SortedMap<String, byte[]> raw, OverlayEncoding encoding) {
    return stat.isOverlayWhiteout()
        || (stat.isRegular() && stat.size() == 0 && raw.containsKey(encoding.whiteoutAttribute()));
  }

  /** As {@link #isOpaque(SortedMap)}, for an overlay mounted with one encoding. */
  static boolean isOpaque(SortedMap<String, byte[]> raw, OverlayEncoding encoding) {
    return Arrays.equals(raw.get(encoding.opaqueAttribute()), OverlayEncoding.yes());
  }

  /**
   * Hides what lower layers have at a name.
   *
   * @throws dev.jbuild.linux.ErrnoException with EEXIST if the name is there
   */
  static void makeWhiteout(DirFd directory, BytePath name, OverlayEncoding encoding)
      throws IOException {
    switch (encoding) {
      case TRUSTED, USER -> directory.mknod(name, FileType.CHARACTER_DEVICE, 0, 0, 0);
      case NESTED -> {
        try (FileFd file = directory.create(name, 0)) {
          file.setXattr(encoding.whiteoutAttribute(), OverlayEncoding.yes());
        }
      }
    }
  }

  private static boolean has(
      SortedMap<String, byte[]> raw, java.util.function.Function<OverlayEncoding, String> name) {
    return !raw.isEmpty()
        && Arrays.stream(OverlayEncoding.values()).anyMatch(e -> raw.containsKey(name.apply(e)));
  }

  /** The kind of mark at a name: what a look-up needs to go on or to stop. */
  static Mark mark(DirFd layer, BytePath path, Stat stat) throws IOException {
    if (stat.isOverlayWhiteout()) {
      return Mark.WHITEOUT;
    }
    if (stat.type() == FileType.DIRECTORY) {
      // One call says that there are none, as nearly always.
      if (isOpaque(layer.xattrs(path))) {
        return Mark.OPAQUE;
      }
    } else if (stat.isRegular() && stat.size() == 0) {
      for (OverlayEncoding encoding : OverlayEncoding.values()) {
        if (layer.xattr(path, encoding.whiteoutAttribute()).isPresent()) {
          return Mark.WHITEOUT;
        }
      }
    }
    return Mark.NONE;
  }
}
