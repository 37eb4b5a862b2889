package dev.jbuild.image;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.store.BlobStore;
import dev.jbuild.store.DiskFailures;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Where an {@link ArchiveWriter} puts the parts of an image layout. Blobs come first, and are
 * hashed on the way: a damaged one ends the work before anything names it.
 */
sealed interface ArchiveSink extends AutoCloseable {

  /** A blob of that size in the store. */
  void blob(Digest digest, long size, BlobStore from) throws IOException;

  void document(String name, byte[] bytes) throws IOException;

  /** The last part: it makes the others reachable. */
  void index(List<Descriptor> entries) throws IOException;

  @Override
  void close() throws IOException;

  /** What fails to be read is the store's affair; what fails to be written is the caller's. */
  private static void copy(Digest digest, BlobStore from, OutputStream to) throws IOException {
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = from.open(digest)) {
      for (int n = read(digest, in, buffer); n >= 0; n = read(digest, in, buffer)) {
        to.write(buffer, 0, n);
      }
    }
  }

  private static int read(Digest digest, InputStream in, byte[] buffer) {
    try {
      return in.read(buffer);
    } catch (IOException e) {
      throw DiskFailures.of("read blob " + digest, e);
    }
  }

  /** One tar, finished but not closed at the end. */
  final class Tar implements ArchiveSink {
    private final TarArchiveOutputStream tar;
    private final Set<String> directories = new HashSet<>();

    Tar(OutputStream out) {
      tar = new TarArchiveOutputStream(out, "UTF-8");
      // An image of more than 8 GiB in one blob is rare but legal.
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    }

    @Override
    public void blob(Digest digest, long size, BlobStore from) throws IOException {
      directory("blobs/");
      directory("blobs/" + digest.algorithm() + "/");
      tar.putArchiveEntry(entry(ArchiveWriter.path(digest), size));
      copy(digest, from, tar);
      tar.closeArchiveEntry();
    }

    @Override
    public void document(String name, byte[] bytes) throws IOException {
      tar.putArchiveEntry(entry(name, bytes.length));
      tar.write(bytes);
      tar.closeArchiveEntry();
    }

    @Override
    public void index(List<Descriptor> entries) throws IOException {
      document("index.json", ImageIndex.of(entries).bytes());
    }

    private void directory(String name) throws IOException {
      if (directories.add(name)) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(040755);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
      }
    }

    private static TarArchiveEntry entry(String name, long size) {
      TarArchiveEntry entry = new TarArchiveEntry(name);
      entry.setSize(size);
      entry.setMode(0100644);
      entry.setModTime(0);
      return entry;
    }

    @Override
    public void close() throws IOException {
      tar.finish();
      tar.flush();
    }
  }

  /**
   * A directory; every file is written beside its place, synced and renamed, and the index is
   * renamed when all it names is on the disk.
   */
  final class Directory implements ArchiveSink {
    private static final Set<StandardOpenOption> NEW =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final FileAttribute<?> BLOB_MODE =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r--r--r--"));

    private final Path root;
    private final Set<Path> touched = new TreeSet<>();

    Directory(Path root) throws IOException {
      this.root = root;
      Files.createDirectories(root);
    }

    @Override
    public void blob(Digest digest, long size, BlobStore from) throws IOException {
      Path target = root.resolve(ArchiveWriter.path(digest));
      if (Files.exists(target) && Files.size(target) == size) {
        return;
      }
      Files.createDirectories(target.getParent());
      put(
          target,
          scratch -> {
            // Blobs are what their names say for ever: nobody is to write to them.
            try (OutputStream out =
                Channels.newOutputStream(FileChannel.open(scratch, NEW, BLOB_MODE))) {
              copy(digest, from, out);
            }
          });
    }

    @Override
    public void document(String name, byte[] bytes) throws IOException {
      put(root.resolve(name), scratch -> Files.write(scratch, bytes));
    }

    private interface Writing {
      void to(Path scratch) throws IOException;
    }

    private void put(Path target, Writing writing) throws IOException {
      Path scratch = target.resolveSibling("." + UUID.randomUUID());
      try {
        writing.to(scratch);
        sync(scratch);
        Files.move(scratch, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(scratch);
      }
      touched.add(target.getParent());
    }

    @Override
    public void index(List<Descriptor> entries) throws IOException {
      Path index = root.resolve("index.json");
      List<Descriptor> older =
          Files.exists(index) ? ImageIndex.parse(Files.readAllBytes(index)).manifests() : List.of();
      for (Path directory : touched) {
        sync(directory);
      }
      document("index.json", ArchiveWriter.merge(entries, older).bytes());
      sync(root);
    }

    private static void sync(Path path) throws IOException {
      // To read: a copy of a blob has its mode, which lets nobody write.
      try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
        file.force(true);
      }
    }

    @Override
    public void close() {}
  }
}
