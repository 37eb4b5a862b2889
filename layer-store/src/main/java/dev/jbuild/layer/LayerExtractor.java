package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Errno;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * Unpacks one layer into an empty directory, in overlay form, believing nothing.
 *
 * <p><b>Containment.</b> Names are taken apart first: an absolute path starts at the layer's root,
 * {@code ".."} that would leave it is refused. A directory on the way that is a symbolic link of
 * the same layer is followed inside the root, in Java; what results is a path without links, and
 * the kernel refuses to follow any ({@link DirFd}). So whatever a tar holds, nothing outside the
 * target is read, written or linked to. On failure the target is emptied.
 *
 * <p><b>Overlay form.</b> {@code .wh.NAME} becomes a character device 0:0, {@code .wh..wh..opq} the
 * directory's opaque attribute, except that what the same layer adds stays (whiteouts are about
 * lower layers, OCI layer.md). Device 0:0 itself and overlay's own attributes never come out of a
 * tar. Directories that nothing describes are made with mode 0755 and dated so that {@link
 * LayeredView} knows.
 *
 * <p><b>Attributes</b> come in the order in which the kernel keeps them: owner, then mode (a chown
 * clears setuid), then xattrs (it clears capabilities too), then time. Those of directories come
 * when all else is done, since a directory may be closed to its owner and its time changes with its
 * content; until then all belong to the caller with mode 0700.
 */
public final class LayerExtractor {
  /**
   * What was unpacked.
   *
   * @param entries of the tar
   * @param tarBytes length of the tar
   * @param implicit directories that the layer holds without describing them: over a lower layer
   *     that has them, a mount shows the wrong attributes unless someone sets them in the upper
   *     directory
   */
  public record Extracted(long entries, long tarBytes, List<BytePath> implicit) {
    public Extracted {
      implicit = List.copyOf(implicit);
    }
  }

  private static final int COPY_BUFFER = 256 * 1024;

  private final ExtractTarget target;
  private final byte[] buffer = new byte[COPY_BUFFER];
  private long entries;

  private LayerExtractor(ExtractTarget target) {
    this.target = target;
  }

  /**
   * Unpacks a layer.
   *
   * @param tar uncompressed; read to its end, so that a digest taken on the way covers everything
   * @param target an empty directory that no one else uses
   * @throws BuildFailure {@code CORRUPT} if the tar is malformed or means harm, {@code UNSUPPORTED}
   *     if it is beyond the limits or needs rights that are missing
   */
  public static Extracted apply(
      InputStream tar, DirFd target, OverlayEncoding encoding, ExtractLimits limits)
      throws IOException {
    try (ExtractTarget open = new ExtractTarget(target, encoding);
        ReadAheadStream ahead = new ReadAheadStream(tar)) {
      LayerExtractor extractor = new LayerExtractor(open);
      long bytes = extractor.run(new TarReader(ahead, limits));
      return new Extracted(extractor.entries, bytes, open.finish());
    } catch (IOException | RuntimeException | Error e) {
      empty(target, e);
      throw e;
    }
  }

  private static void empty(DirFd target, Throwable cause) {
    try {
      for (DirEntry entry : target.list()) {
        target.deleteTree(entry.name());
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private long run(TarReader tar) throws IOException {
    for (Optional<TarEntry> entry = tar.next(); entry.isPresent(); entry = tar.next()) {
      entries++;
      try {
        apply(entry.get(), tar);
      } catch (ErrnoException e) {
        throw describe(entry.get(), e);
      }
    }
    tar.drain();
    return tar.position();
  }

  /** What the kernel refuses because of the entry is the layer's fault; a full disk is not. */
  private static BuildFailure describe(TarEntry entry, ErrnoException e) throws ErrnoException {
    String name = BytePath.printable(entry.name());
    // In a user namespace an id without a mapping is an invalid argument.
    boolean owner = e.call().startsWith("fchown");
    return switch (owner && e.errno() == Errno.EINVAL ? Errno.EPERM : e.errno()) {
      case Errno.ENAMETOOLONG, Errno.ELOOP, Errno.ENOTDIR, Errno.EINVAL, Errno.EMLINK ->
          new BuildFailure(
              BuildFailure.Kind.CORRUPT,
              "layer entry \"" + name + "\" cannot be made: " + Errno.words(e.errno()),
              e);
      case Errno.EPERM, Errno.EACCES ->
          new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "layer entry \"" + name + "\" needs a right that is missing: " + e.getMessage(),
              "unpack as root or in a user namespace with the ids that the layer uses",
              e);
      default -> throw e;
    };
  }

  private void apply(TarEntry entry, TarReader tar) throws IOException {
    BytePath path = path(entry.name(), entry);
    String name = path.name().latin1();
    if (liesInMark(path)) {
      return;
    }
    if (name.startsWith(TarNames.WHITEOUT)) {
      applyWhiteout(path, name, entry);
      return;
    }
    if (path.isRoot()) {
      if (entry.type() == '5') {
        target.describe(path, entry.attributes());
        return;
      }
      throw TarReader.corrupt(
          "layer entry \"" + BytePath.printable(entry.name()) + "\" replaces the root");
    }
    BytePath at = target.directory(path.parent()).resolve(path.name());
    switch (entry.type()) {
      case '0' -> writeFile(at, entry, tar);
      case '1' -> link(at, entry);
      case '2' -> {
        if (entry.link().isEmpty()) {
          throw TarReader.corrupt("symlink \"" + path + "\" has an empty target");
        }
        target.make(at, (dir, n) -> dir.symlink(n, entry.link()));
        target.attributes(at, entry.attributes(), FileType.SYMLINK);
      }
      case '3', '4' -> makeDevice(at, entry);
      case '5' -> {
        target.makeDirectory(at);
        target.describe(at, entry.attributes());
      }
      case '6' -> {
        target.make(at, (dir, n) -> dir.mknod(n, FileType.FIFO, 0600, 0, 0));
        target.attributes(at, entry.attributes(), FileType.FIFO);
      }
      default -> throw new IllegalStateException("tar reader gave type " + entry.type());
    }
  }

  /** The path that an entry's name means, without {@code ".."} and within the root. */
  private static BytePath path(String name, TarEntry entry) {
    int depth = 0;
    for (String component : name.split("/", -1)) {
      if (component.equals("..")) {
        depth--;
      } else if (!component.isEmpty() && !component.equals(".")) {
        depth++;
      }
      if (depth < 0) {
        throw TarReader.corrupt(
            "layer entry \"" + BytePath.printable(entry.name()) + "\" leaves the layer's root");
      }
    }
    return BytePath.clampedLatin1(name);
  }

  /** Whether an entry is below AUFS's bookkeeping; below a whiteout there can be nothing. */
  private static boolean liesInMark(BytePath path) {
    if (!path.latin1().contains(TarNames.WHITEOUT)) {
      return false;
    }
    for (BytePath at = path.parent(); !at.isRoot(); at = at.parent()) {
      String name = at.name().latin1();
      if (name.startsWith(TarNames.AUFS)) {
        return true;
      }
      if (name.startsWith(TarNames.WHITEOUT)) {
        throw TarReader.corrupt("layer entry \"" + path + "\" lies in the whiteout \"" + at + "\"");
      }
    }
    return false;
  }

  private void applyWhiteout(BytePath path, String name, TarEntry entry) throws IOException {
    if (name.equals(TarNames.OPAQUE)) {
      target.makeOpaque(target.directory(path.parent()));
      return;
    }
    if (name.startsWith(TarNames.AUFS)) {
      // Bookkeeping of AUFS, such as .wh..wh.plnk, which no other driver means anything by.
      return;
    }
    String hidden = name.substring(TarNames.WHITEOUT.length());
    if (!TarNames.isWhitedOut(hidden)) {
      throw TarReader.corrupt(
          "whiteout \"" + BytePath.printable(entry.name()) + "\" names no file");
    }
    target.whiteout(target.directory(path.parent()).resolve(BytePath.ofLatin1(hidden)));
  }

  private void makeDevice(BytePath at, TarEntry entry) throws IOException {
    if (entry.type() == '3' && entry.major() == 0 && entry.minor() == 0) {
      throw TarReader.corrupt(
          "layer entry \"" + at + "\" is the device 0:0, by which overlayfs marks deletions");
    }
    FileType type = entry.type() == '4' ? FileType.BLOCK_DEVICE : FileType.CHARACTER_DEVICE;
    target.make(at, (dir, n) -> dir.mknod(n, type, 0600, entry.major(), entry.minor()));
    target.attributes(at, entry.attributes(), type);
  }

  private void link(BytePath at, TarEntry entry) throws IOException {
    BytePath named = path(entry.link(), entry);
    Optional<BytePath> existing = target.existing(named);
    Optional<Stat> stat = existing.isEmpty() ? Optional.empty() : target.stat(existing.get());
    if (stat.isEmpty() || target.isWhiteout(existing.get(), stat.get())) {
      throw TarReader.corrupt(
          "hard link \"" + at + "\" names \"" + named + "\", which is not in this layer");
    }
    if (stat.get().isDirectory()) {
      throw TarReader.corrupt("hard link \"" + at + "\" names the directory \"" + named + "\"");
    }
    if (existing.get().equals(at)) {
      return;
    }
    target.link(existing.get(), at);
  }

  private void writeFile(BytePath at, TarEntry entry, TarReader tar) throws IOException {
    try (FileFd file = target.create(at)) {
      if (entry.sparse().isPresent()) {
        for (ContentSource.Extent extent : entry.sparse().get().data()) {
          file.position(extent.offset());
          copy(tar, file, extent.length());
        }
        file.truncate(entry.size());
      } else {
        copy(tar, file, entry.stored());
      }
      target.attributes(file, entry.attributes());
    }
  }

  private void copy(TarReader tar, FileFd file, long length) throws IOException {
    long left = length;
    while (left > 0) {
      int n = tar.read(buffer, 0, (int) Math.min(buffer.length, left));
      file.write(buffer, 0, n);
      left -= n;
    }
  }
}
