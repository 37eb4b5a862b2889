package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A tar archive as a tree: what {@code ADD} unpacks, a build context that comes as a stream.
 *
 * <p>The archive, of any compression that {@link Decompression} knows, is decompressed once into a
 * file without a name and indexed on the way; nothing is unpacked. Paths are taken as a process
 * whose root is the tree would take them: absolute ones start at the root and {@code ".."} ends
 * there, links in an entry's directory are followed inside. Of entries with the same path the last
 * counts, and directories merge. A hard link's own mode and owner hold for the file. Whiteouts mean
 * nothing here.
 *
 * <p>Thread-safe once read. The file is gone when the tree is closed.
 */
public final class TarTree implements FileTree {
  /** Distinguishes the inodes of archives from each other, and from those of disks. */
  private static final AtomicLong ARCHIVES = new AtomicLong();

  private final long number = ARCHIVES.decrementAndGet();
  private long files;
  private final FileFd spool;
  private final LayerBuilder index = new LayerBuilder(FileTree.empty());

  private TarTree(FileFd spool) {
    this.spool = spool;
  }

  /**
   * Reads an archive to its end.
   *
   * @param archive compressed or not; closed by the caller
   * @param directory where there is room for the archive uncompressed
   * @throws dev.jbuild.failure.BuildFailure {@code CORRUPT} if it is no proper tar, {@code
   *     UNSUPPORTED} if it is beyond the limits
   */
  public static TarTree read(InputStream archive, Path directory, ExtractLimits limits)
      throws IOException {
    FileFd spool;
    try (DirFd dir = DirFd.open(directory)) {
      spool = dir.createUnnamed();
    }
    TarTree tree = new TarTree(spool);
    try {
      tree.fill(Decompression.detect(archive), limits);
      return tree;
    } catch (IOException | RuntimeException | Error e) {
      spool.close();
      throw e;
    }
  }

  /**
   * Whether a stream that starts with these bytes, decompressed, is a tar: at least 512 of them.
   */
  public static boolean isTar(byte[] prefix) {
    return TarReader.isHeader(prefix);
  }

  private void fill(InputStream plain, ExtractLimits limits) throws IOException {
    TarReader reader = new TarReader(plain, limits);
    byte[] buffer = new byte[256 * 1024];
    long stored = 0;
    for (Optional<TarEntry> e = reader.next(); e.isPresent(); e = reader.next()) {
      TarEntry entry = e.get();
      long start = stored;
      for (int n = reader.read(buffer, 0, buffer.length);
          n >= 0;
          n = reader.read(buffer, 0, buffer.length)) {
        spool.write(buffer, 0, n);
        stored += n;
      }
      put(entry, start);
    }
    reader.drain();
  }

  private void put(TarEntry entry, long start) throws IOException {
    BytePath named = BytePath.clampedLatin1(entry.name());
    BytePath path =
        named.isRoot() ? named : index.resolve(named.parent()).path().resolve(named.name());
    Attributes attributes = entry.attributes();
    switch (entry.type()) {
      case '0' ->
          index.put(
              new TreeEntry.RegularFile(
                  path,
                  attributes,
                  entry.size(),
                  new Slice(spool, start, entry, new ContentSource.LinkKey(number, files++))));
      case '1' -> putLink(path, attributes, BytePath.clampedLatin1(entry.link()));
      case '2' -> index.put(new TreeEntry.Symlink(path, attributes.withMode(0777), entry.link()));
      case '3' ->
          index.put(
              new TreeEntry.Device(
                  path, attributes, FileType.CHARACTER_DEVICE, entry.major(), entry.minor()));
      case '4' ->
          index.put(
              new TreeEntry.Device(
                  path, attributes, FileType.BLOCK_DEVICE, entry.major(), entry.minor()));
      case '5' -> index.put(new TreeEntry.Directory(path, attributes));
      case '6' -> index.put(new TreeEntry.Fifo(path, attributes));
      default -> throw new IllegalStateException("tar reader gave type " + entry.type());
    }
  }

  private void putLink(BytePath path, Attributes attributes, BytePath target) throws IOException {
    Resolved existing = index.resolveParent(target);
    if (existing.entry().isPresent()
        && existing.entry().get() instanceof TreeEntry.RegularFile file
        && file.content() instanceof Slice slice) {
      slice.linked = true;
    }
    index.put(new TreeEntry.HardLink(path, attributes, FileType.REGULAR, existing.path()));
  }

  /** A file's bytes in the spool. */
  private static final class Slice implements ContentSource {
    final FileFd spool;
    final long start;
    final TarEntry entry;
    final LinkKey key;

    /** Whether a hard link of the archive names this file. */
    boolean linked;

    Slice(FileFd spool, long start, TarEntry entry, LinkKey key) {
      this.spool = spool;
      this.start = start;
      this.entry = entry;
      this.key = key;
    }

    @Override
    public InputStream open() {
      return new TarContentStream(spool::readAt, start, entry);
    }

    @Override
    public List<Extent> extents(long size) throws IOException {
      return entry.sparse().isPresent()
          ? entry.sparse().get().data()
          : ContentSource.super.extents(size);
    }

    @Override
    public Optional<LinkKey> link() {
      return linked ? Optional.of(key) : Optional.empty();
    }
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    return index.find(path);
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    return index.list(directory);
  }

  @Override
  public void close() {
    spool.close();
  }
}
