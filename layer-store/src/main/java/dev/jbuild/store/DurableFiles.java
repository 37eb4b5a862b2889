package dev.jbuild.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Writing files so that they are there whole, or not at all, whatever happens. */
final class DurableFiles {
  private DurableFiles() {}

  /**
   * Makes {@code target} hold {@code bytes}: written to {@code ingest/}, synced, renamed over the
   * target, the directory synced. The collector is kept away meanwhile, as it would take the
   * unnamed file for rubbish.
   */
  static void replace(StoreLayout layout, Path target, byte[] bytes) throws IOException {
    try (var _ = LockFile.shared(layout.collectorLock())) {
      replaceAlone(layout, target, bytes);
    }
  }

  /** As {@link #replace}, for a caller that has the collector's lock. */
  static void replaceAlone(StoreLayout layout, Path target, byte[] bytes) throws IOException {
    Path scratch = layout.scratch();
    try {
      try (FileChannel channel =
          FileChannel.open(scratch, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        writeFully(channel, ByteBuffer.wrap(bytes));
        channel.force(true);
      }
      Files.move(scratch, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      deleteQuietly(scratch, e);
      throw e;
    }
    syncDirectoryOf(target);
  }

  /**
   * As {@link #replace}, without the syncs: after a loss of power the file may be there and be
   * empty or torn. For what can be made again and whose reader tells whole from torn.
   */
  static void replaceLazily(StoreLayout layout, Path target, byte[] bytes) throws IOException {
    Path scratch = layout.scratch();
    try (var _ = LockFile.shared(layout.collectorLock())) {
      Files.createDirectories(target.getParent());
      Files.write(scratch, bytes, StandardOpenOption.CREATE_NEW);
      Files.move(scratch, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      deleteQuietly(scratch, e);
      throw e;
    }
  }

  /** Makes the names in the directory of {@code file} durable. */
  static void syncDirectoryOf(Path file) throws IOException {
    Path parent = file.getParent();
    if (parent != null) {
      try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ)) {
        directory.force(true);
      }
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Removes a file that is of no use any more; a second failure is told with the first. */
  static void deleteQuietly(Path file, IOException first) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      first.addSuppressed(e);
    }
  }
}
