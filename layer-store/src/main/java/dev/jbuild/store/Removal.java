package dev.jbuild.store;

import dev.jbuild.linux.ErrnoException;
import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Moves things of a store out of sight, and afterwards removes the records that speak of them and
 * the directories that have become empty. For whoever has the collector's lock and {@link
 * StoreLayout#mountsLock} alone.
 */
final class Removal {
  private final StoreLayout layout;
  private final StoreScan scan;
  private final List<Path> trash;
  private final Set<DiffId> forms = new HashSet<>();

  /**
   * @param trash takes what has been moved into {@code ingest/} and is to be deleted
   */
  Removal(StoreLayout layout, StoreScan scan, List<Path> trash) {
    this.layout = layout;
    this.scan = scan;
    this.trash = trash;
  }

  /** False if the thing is gone already, or somebody has begun to use it. */
  boolean remove(StoreScan.Found found) throws IOException {
    return switch (found.kind()) {
      case BLOB -> Files.deleteIfExists(found.path());
      case RECORD ->
          found.key() instanceof StoreScan.Shelf shelf
              ? hideFree(found.path(), shelf.lock())
              : Files.deleteIfExists(found.path());
      case LAYER_RECORD -> false;
      case UNPACKED_LAYER -> {
        StoreScan.Form form = (StoreScan.Form) found.key();
        forms.add(form.diffId());
        boolean moved = hide(found.path());
        Files.deleteIfExists(found.path().resolveSibling(form.variant() + ".json"));
        yield moved;
      }
      case SNAPSHOT -> hide(found.path());
      case CACHE_MOUNT -> hideFree(found.path(), ((StoreScan.MountSlot) found.key()).lock());
      case UNFINISHED -> removeUnfinished(found.path());
    };
  }

  /** Somebody may have begun to use it since it was found free: the lock decides. */
  private boolean hideFree(Path path, Path lock) throws IOException {
    try (LockFile free = LockFile.tryExclusive(lock).orElse(null)) {
      return free != null && hide(path);
    } catch (ErrnoException e) {
      if (e.isMissing()) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Somebody may have begun to go on with it since it was found free, for that waits for no
   * collector: the lock decides, and stays taken until all is gone.
   */
  private boolean removeUnfinished(Path path) throws IOException {
    Path lock = path.resolveSibling(path.getFileName() + ".lock");
    try (LockFile free = LockFile.tryExclusive(lock).orElse(null)) {
      if (free == null) {
        return false;
      }
      boolean gone = Files.isDirectory(path) ? hide(path) : Files.deleteIfExists(path);
      Files.deleteIfExists(lock);
      return gone;
    }
  }

  private boolean hide(Path path) throws IOException {
    Path hidden = layout.ingests().resolve("trash-" + UUID.randomUUID());
    try {
      Files.move(path, hidden, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return false;
    }
    trash.add(hidden);
    return true;
  }

  /**
   * Removes notes of blobs that are gone, and directories that have nothing left in them.
   *
   * @return bytes that came back of what is no item of its own
   */
  long finish() throws IOException {
    long bytes = 0;
    for (Map.Entry<DiffId, List<BlobRecord>> layer : scan.layerBlobs().entrySet()) {
      LayerRecords records = new LayerRecords(layout, layer.getKey());
      boolean changed = forms.contains(layer.getKey()) || layer.getValue().isEmpty();
      for (BlobRecord record : layer.getValue()) {
        // Gone now, or by a collection that died before it came to this.
        if (!Files.exists(layout.blob(record.blob().digest()))) {
          records.removeBlob(record);
          changed = true;
        }
      }
      if (changed) {
        removeOrphans(records);
        removeIfEmpty(records.directory().resolve("blobs"));
        removeIfEmpty(records.directory());
      }
    }
    for (StoreScan.Bare directory : scan.cacheDirectories()) {
      bytes += removeIfEmpty(directory.path()) ? directory.bytes() : 0;
    }
    for (Path home : StoreScan.list(layout.cacheMounts())) {
      bytes += removeUnusedMount(home);
    }
    removeFreeLocks();
    return bytes;
  }

  /** Records of directories that never came: their maker died in between. */
  private void removeOrphans(LayerRecords records) throws IOException {
    List<String> variants = records.variants();
    // Tried, not awaited: whoever has it may be waiting for the collector to end.
    try (LockFile free = LockFile.tryExclusive(layout.formsLock()).orElse(null)) {
      for (Path file : free == null ? List.<Path>of() : StoreScan.list(records.directory())) {
        if (name(file).endsWith(".json")
            && !variants.contains(name(file).replaceFirst("\\.json$", ""))) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  /** Of a cache mount without a directory: its name and its locks. */
  private static long removeUnusedMount(Path home) throws IOException {
    List<Path> files = StoreScan.list(home);
    for (Path file : files) {
      if (Files.isDirectory(file)) {
        return 0;
      }
    }
    long bytes = DiskUsage.of(home);
    for (Path file : files) {
      if (name(file).endsWith(".lock")) {
        try (LockFile free = LockFile.tryExclusive(file).orElse(null)) {
          if (free == null) {
            return 0;
          }
          Files.deleteIfExists(file);
        }
      }
    }
    Files.deleteIfExists(home.resolve("id"));
    return removeIfEmpty(home) ? bytes : bytes - DiskUsage.of(home);
  }

  /** Lock files are small, but one is made for every layer ever unpacked. */
  private void removeFreeLocks() throws IOException {
    removeFree(
        layout.locks(), file -> name(file).startsWith("unpack-") || name(file).startsWith("blob-"));
    // Of an ingest that ended while its process was killed: its lock goes last.
    removeFree(
        layout.ingests(),
        file ->
            name(file).endsWith(".lock")
                && !Files.exists(file.resolveSibling(name(file).replaceFirst("\\.lock$", ""))));
  }

  private static void removeFree(Path directory, Predicate<Path> which) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(which).toList()) {
        try (LockFile free = LockFile.tryExclusive(file).orElse(null)) {
          if (free != null && which.test(file)) {
            Files.deleteIfExists(file);
          }
        }
      }
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static boolean removeIfEmpty(Path directory) throws IOException {
    try {
      return Files.deleteIfExists(directory);
    } catch (DirectoryNotEmptyException e) {
      return false;
    }
  }
}
