package dev.jbuild.store;

import java.util.List;

/**
 * What a store's space is used for.
 *
 * @param items everything that comes and goes, the largest first
 * @param overhead bytes on disk for the index, leases, locks, directories, and files of others
 */
public record StoreUsage(List<StoredItem> items, long overhead) {
  public StoreUsage {
    items = List.copyOf(items);
  }

  /** All bytes on disk. */
  public long total() {
    return overhead + items.stream().mapToLong(StoredItem::bytes).sum();
  }

  /** Bytes that a collection would give back. */
  public long reclaimable() {
    return items.stream().filter(item -> !item.isHeld()).mapToLong(StoredItem::bytes).sum();
  }
}
