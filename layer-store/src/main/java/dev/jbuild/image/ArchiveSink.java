package dev.jbuild.image;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Where an {@link ArchiveWriter} puts the parts of an image layout. Blobs come first. */
sealed interface ArchiveSink extends AutoCloseable {

  void blob(Digest digest, Path file) throws IOException;

  void document(String name, byte[] bytes) throws IOException;

  /** The last part: it makes the others reachable. */
  void index(List<Descriptor> entries) throws IOException;

  @Override
  void close() throws IOException;

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
    public void blob(Digest digest, Path file) throws IOException {
      directory("blobs/");
      directory("blobs/" + digest.algorithm() + "/");
      tar.putArchiveEntry(entry(ArchiveWriter.path(digest), Files.size(file)));
      Files.copy(file, tar);
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

  /** A directory; every file is written beside its place and renamed. */
  final class Directory implements ArchiveSink {
    private final Path root;

    Directory(Path root) throws IOException {
      this.root = root;
      Files.createDirectories(root);
    }

    @Override
    public void blob(Digest digest, Path file) throws IOException {
      Path target = root.resolve(ArchiveWriter.path(digest));
      if (Files.exists(target) && Files.size(target) == Files.size(file)) {
        return;
      }
      Files.createDirectories(target.getParent());
      Path scratch = scratch(target);
      Files.copy(file, scratch);
      Files.move(scratch, target, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void document(String name, byte[] bytes) throws IOException {
      Path target = root.resolve(name);
      Path scratch = scratch(target);
      Files.write(scratch, bytes);
      Files.move(scratch, target, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void index(List<Descriptor> entries) throws IOException {
      Path index = root.resolve("index.json");
      List<Descriptor> older =
          Files.exists(index) ? ImageIndex.parse(Files.readAllBytes(index)).manifests() : List.of();
      document("index.json", ArchiveWriter.merge(entries, older).bytes());
    }

    private static Path scratch(Path target) {
      return target.resolveSibling("." + UUID.randomUUID());
    }

    @Override
    public void close() {}
  }
}
