package dev.jbuild.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
    try (var _ = LockFile.shared(layout.collectorLock());
        var _ = LockFile.exclusive(layout.mountsLock())) {
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
    long before = scan.overhead() + scan.found().stream().mapToLong(StoreScan.Found::bytes).sum();
    long total = before;
    long overhead;
    List<Path> trash = new ArrayList<>();
    Instant limit = Instant.now().minus(options.unusedFor());
    try (var _ = LockFile.exclusive(layout.collectorLock());
        var _ = LockFile.exclusive(layout.mountsLock())) {
      Holders holders = holders(scan, true);
      LayerParts parts = new LayerParts(scan);
      Removal removal = new Removal(layout, scan, trash);
      for (StoreScan.Found found : inOrder(scan.found())) {
        StoredItem item = item(found, holders);
        boolean over = options.keepBytes().isEmpty() || total > options.keepBytes().getAsLong();
        boolean wanted = isRubbish(found) || (over && !current(found).isAfter(limit));
        if (!item.isHeld() && wanted && removal.remove(found)) {
          removed.add(item);
          total -= item.bytes() + parts.without(found);
        } else {
          kept.add(item);
        }
      }
      overhead = scan.overhead() - removal.finish();
      for (StoreScan.Found notes : parts.notes()) {
        StoredItem item = item(notes, holders);
        if (Files.exists(notes.path())) {
          kept.add(item.withBytes(StoreScan.notes(layout, notes)));
        } else {
          removed.add(item);
        }
      }
    }
    deleteTrash(trash);
    overhead += StoreScan.small(layout) - scan.small();
    total = overhead + kept.stream().mapToLong(StoredItem::bytes).sum();
    boolean tooMuch = options.keepBytes().isPresent() && total > options.keepBytes().getAsLong();
    return new PruneReport(
        removed, before - total, total, tooMuch ? pins(kept, overhead) : List.of());
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

  /**
   * What dead processes left first, then the least recently used. Without the records of layers,
   * which go when nothing is left for them to speak of.
   */
  private static List<StoreScan.Found> inOrder(List<StoreScan.Found> found) {
    return found.stream()
        .filter(each -> each.kind() != StoredItem.Kind.LAYER_RECORD)
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
      case BLOB, UNPACKED_LAYER, LAYER_RECORD, RECORD, CACHE_MOUNT -> false;
    };
  }

  /** When a thing was last used, as of now: it may have been used since the scan. */
  private static Instant current(StoreScan.Found found) throws IOException {
    Path timed =
        switch (found.kind()) {
          case UNPACKED_LAYER -> found.path().getParent();
          case CACHE_MOUNT -> ((StoreScan.MountSlot) found.key()).lock();
          case BLOB, SNAPSHOT, UNFINISHED, LAYER_RECORD, RECORD -> found.path();
        };
    try {
      return Files.getLastModifiedTime(timed).toInstant();
    } catch (NoSuchFileException e) {
      return found.lastUsed();
    }
  }

  private static List<PruneReport.Pin> pins(List<StoredItem> kept, long overhead) {
    Map<String, Long> all = new HashMap<>();
    Map<String, Long> alone = new HashMap<>();
    all.put(PruneReport.THE_STORE, overhead);
    alone.put(PruneReport.THE_STORE, overhead);
    for (StoredItem item : kept) {
      List<String> holders = item.isHeld() ? item.heldBy() : List.of(PruneReport.LATE_USE);
      for (String holder : holders) {
        all.merge(holder, item.bytes(), Long::sum);
        if (holders.size() == 1) {
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
}
