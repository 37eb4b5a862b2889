package dev.jbuild.store;

import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Gives space back.
 *
 * <p>Sizes are found first, without a lock. Then, with the collector's lock taken alone, tags and
 * leases are read and what goes is moved out of sight, which takes milliseconds; nobody can begin
 * to hold a thing meanwhile (see {@link LeaseFile}). Trees are deleted last, after the lock is let
 * go. A crash at any point leaves rubbish in {@code ingest/} at worst, which the next collection
 * removes.
 *
 * <p>Order: what dead processes left, always; then what is not held, the least recently used first,
 * until the store takes no more than it may.
 */
final class Collector {
  /** For how long a broken download is worth going on with. */
  private static final Duration RESUME = Duration.ofDays(1);

  private final StoreLayout layout;

  Collector(StoreLayout layout) {
    this.layout = layout;
  }

  StoreUsage usage() throws IOException {
    StoreScan scan = StoreScan.of(layout);
    List<StoredItem> items = new ArrayList<>();
    try (var _ = LockFile.shared(layout.collectorLock())) {
      Holders holders = holders(scan, false);
      for (StoreScan.Found found : scan.found()) {
        items.add(item(found, holders));
      }
    }
    items.sort(Comparator.comparingLong(StoredItem::bytes).reversed());
    return new StoreUsage(items, scan.overhead());
  }

  PruneReport prune(PruneOptions options) throws IOException {
    StoreScan scan = StoreScan.of(layout);
    List<StoredItem> removed = new ArrayList<>();
    List<StoredItem> kept = new ArrayList<>();
    long total = scan.overhead() + scan.found().stream().mapToLong(StoreScan.Found::bytes).sum();
    List<Path> trash = new ArrayList<>();
    Instant limit = Instant.now().minus(options.unusedFor());
    try (var _ = LockFile.exclusive(layout.collectorLock())) {
      Holders holders = holders(scan, true);
      Removal removal = new Removal(layout, scan, trash);
      for (StoreScan.Found found : inOrder(scan.found())) {
        StoredItem item = item(found, holders);
        boolean over = options.keepBytes().isEmpty() || total > options.keepBytes().getAsLong();
        boolean wanted = isRubbish(found) || (over && !current(found).isAfter(limit));
        if (!item.isHeld() && wanted && removal.remove(found)) {
          removed.add(item);
          total -= item.bytes();
        } else {
          kept.add(item);
        }
      }
      removal.finish();
    }
    deleteTrash(trash);
    boolean tooMuch = options.keepBytes().isPresent() && total > options.keepBytes().getAsLong();
    return new PruneReport(removed, total, tooMuch ? pins(kept) : List.of());
  }

  private Holders holders(StoreScan scan, boolean removeDead) throws IOException {
    return Holders.read(
        layout, new DirectoryLeases(layout).holdings(removeDead), scan.layerBlobs());
  }

  private static StoredItem item(StoreScan.Found found, Holders holders) {
    return new StoredItem(
        found.kind(),
        found.name(),
        found.bytes(),
        found.lastUsed(),
        List.copyOf(holders.of(found)));
  }

  /** What dead processes left first, then the least recently used. */
  private static List<StoreScan.Found> inOrder(List<StoreScan.Found> found) {
    return found.stream()
        .sorted(
            Comparator.comparing((StoreScan.Found each) -> !isRubbish(each))
                .thenComparing(StoreScan.Found::lastUsed))
        .toList();
  }

  /** What only its dead maker had a use for. An ingest with a name may yet be resumed. */
  private static boolean isRubbish(StoreScan.Found found) {
    return switch (found.kind()) {
      case SNAPSHOT -> true;
      case UNFINISHED ->
          !found.name().startsWith("ref-")
              || found.lastUsed().isBefore(Instant.now().minus(RESUME));
      case BLOB, UNPACKED_LAYER, RECORD, CACHE_MOUNT -> false;
    };
  }

  /** When a thing was last used, as of now: it may have been used since the scan. */
  private static Instant current(StoreScan.Found found) throws IOException {
    Path timed =
        switch (found.kind()) {
          case UNPACKED_LAYER -> found.path().getParent();
          case CACHE_MOUNT -> ((StoreScan.MountSlot) found.key()).lock();
          case BLOB, SNAPSHOT, UNFINISHED, RECORD -> found.path();
        };
    try {
      return Files.getLastModifiedTime(timed).toInstant();
    } catch (NoSuchFileException e) {
      return found.lastUsed();
    }
  }

  private static List<PruneReport.Pin> pins(List<StoredItem> kept) {
    Map<String, Long> all = new HashMap<>();
    Map<String, Long> alone = new HashMap<>();
    for (StoredItem item : kept) {
      for (String holder : item.heldBy()) {
        all.merge(holder, item.bytes(), Long::sum);
        if (item.heldBy().size() == 1) {
          alone.merge(holder, item.bytes(), Long::sum);
        }
      }
    }
    return all.entrySet().stream()
        .map(each ->
            new PruneReport.Pin(
                each.getKey(), each.getValue(), alone.getOrDefault(each.getKey(), 0L)))
        .sorted(Comparator.comparingLong(PruneReport.Pin::bytes).reversed())
        .toList();
  }

  private void deleteTrash(List<Path> trash) throws IOException {
    for (Path each : trash) {
      ScratchDirectory.deleteTree(layout.ingests(), String.valueOf(each.getFileName()));
    }
  }

  /** Moves things out of sight, and afterwards the records that speak of them. */
  private static final class Removal {
    private final StoreLayout layout;
    private final StoreScan scan;
    private final List<Path> trash;
    private final Set<DiffId> forms = new HashSet<>();

    Removal(StoreLayout layout, StoreScan scan, List<Path> trash) {
      this.layout = layout;
      this.scan = scan;
      this.trash = trash;
    }

    /** False if the thing is gone already. */
    boolean remove(StoreScan.Found found) throws IOException {
      return switch (found.kind()) {
        case BLOB, RECORD -> Files.deleteIfExists(found.path());
        case UNPACKED_LAYER -> {
          StoreScan.Form form = (StoreScan.Form) found.key();
          forms.add(form.diffId());
          boolean moved = hide(found.path());
          Files.deleteIfExists(found.path().resolveSibling(form.variant() + ".json"));
          yield moved;
        }
        case SNAPSHOT -> hide(found.path());
        case CACHE_MOUNT -> hideMount(found.path(), (StoreScan.MountSlot) found.key());
        case UNFINISHED -> removeUnfinished(found.path());
      };
    }

    /** A step may have begun to use it since it was found free: the lock decides. */
    private boolean hideMount(Path path, StoreScan.MountSlot slot) throws IOException {
      try (LockFile free = LockFile.tryExclusive(slot.lock()).orElse(null)) {
        return free != null && hide(path);
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

    /** Notes of blobs that are gone, and directories of layers that have nothing left. */
    void finish() throws IOException {
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
          removeIfEmpty(records.directory().resolve("blobs"));
          removeIfEmpty(records.directory());
        }
      }
      removeFreeLocks();
    }

    /** Lock files are small, but one is made for every layer ever unpacked. */
    private void removeFreeLocks() throws IOException {
      removeFree(
          layout.locks(),
          file -> name(file).startsWith("unpack-") || name(file).startsWith("blob-"));
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

    private static void removeIfEmpty(Path directory) throws IOException {
      try {
        Files.deleteIfExists(directory);
      } catch (DirectoryNotEmptyException e) {
        // Something of the layer is left.
      }
    }
  }
}
