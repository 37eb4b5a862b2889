package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.FileType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The files of a tar, as a tree: a build context that arrived as an archive, the source of an ADD.
 *
 * <p>Nothing is unpacked. Names are {@linkplain BytePath#clampedLatin1 clamped} to the tree's root,
 * a later entry replaces an earlier one of its name, and {@code .wh.} names are names like any
 * other: an archive is no layer. What the tree cannot hold, such as a link to a file the archive
 * does not have, is an error. Safe for look-ups from several threads once it is open.
 */
public final class ArchiveTree implements FileTree {
  private final FileChannel file;
  private final LayerBuilder tree;
  private final List<TreeEntry> entries;

  private ArchiveTree(FileChannel file, LayerBuilder tree, List<TreeEntry> entries) {
    this.file = file;
    this.tree = tree;
    this.entries = List.copyOf(entries);
  }

  /**
   * Reads the headers of an uncompressed tar; content stays in the file, which must not change.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code CORRUPT} if it is malformed, {@code UNSUPPORTED}
   *     if it is beyond the limits
   */
  public static ArchiveTree open(Path tar, ExtractLimits limits) throws IOException {
    FileChannel file = FileChannel.open(tar, StandardOpenOption.READ);
    try {
      LayerBuilder tree = new LayerBuilder(FileTree.empty());
      List<TreeEntry> entries = new ArrayList<>();
      TarReader reader =
          new TarReader(new BufferedInputStream(Channels.newInputStream(file), 1 << 16), limits);
      for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
        TreeEntry entry = entry(next.get(), file);
        if (!entry.path().isRoot()) {
          replaceOther(tree, entry);
          tree.put(entry);
          entries.add(entry);
        }
      }
      return new ArchiveTree(file, tree, entries);
    } catch (IOException | RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /** A parent that an earlier entry made something else gives way, as it does for tar(1). */
  private static void replaceOther(LayerBuilder tree, TreeEntry entry) throws IOException {
    for (BytePath at = entry.path().parent(); !at.isRoot(); at = at.parent()) {
      Optional<TreeEntry> there = tree.find(at);
      if (there.isPresent() && !there.get().isDirectory()) {
        tree.remove(at);
      }
    }
  }

  private static TreeEntry entry(TarEntry tar, FileChannel file) {
    BytePath path = BytePath.clampedLatin1(tar.name());
    Attributes attributes = tar.attributes();
    return switch (tar.type()) {
      case '0' -> new TreeEntry.RegularFile(path, attributes, tar.size(), new Member(file, tar));
      case '1' ->
          new TreeEntry.HardLink(
              path, attributes, FileType.REGULAR, BytePath.clampedLatin1(tar.link()));
      case '2' -> new TreeEntry.Symlink(path, attributes, tar.link());
      case '3' ->
          new TreeEntry.Device(
              path, attributes, FileType.CHARACTER_DEVICE, tar.major(), tar.minor());
      case '4' ->
          new TreeEntry.Device(path, attributes, FileType.BLOCK_DEVICE, tar.major(), tar.minor());
      case '5' -> new TreeEntry.Directory(path, attributes);
      case '6' -> new TreeEntry.Fifo(path, attributes);
      default -> throw new IllegalStateException("tar reader gave type " + tar.type());
    };
  }

  /** The entries in the archive's order, later ones of the same name included; not the root. */
  public List<TreeEntry> entries() {
    return entries;
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    return tree.find(path);
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    return tree.list(directory);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** The content of one entry, read from its place in the archive. */
  private record Member(FileChannel file, TarEntry entry) implements ContentSource {
    @Override
    public InputStream open() {
      return new TarContentStream(
          (position, buffer, offset, length) ->
              file.read(ByteBuffer.wrap(buffer, offset, length), position),
          entry.offset(),
          entry);
    }

    @Override
    public List<Extent> extents(long size) throws IOException {
      return entry.sparse().isEmpty()
          ? ContentSource.super.extents(size)
          : entry.sparse().get().data();
    }
  }
}
