package dev.jbuild.store;

import java.util.List;

/**
 * What a collection did.
 *
 * @param removed in the order of removal
 * @param remaining bytes that the store takes now
 * @param pins if more remains than was asked for: what holds it, the largest first
 */
public record PruneReport(List<StoredItem> removed, long remaining, List<Pin> pins) {
  public PruneReport {
    removed = List.copyOf(removed);
    pins = List.copyOf(pins);
  }

  /** Bytes given back. */
  public long freed() {
    return removed.stream().mapToLong(StoredItem::bytes).sum();
  }

  /**
   * What one holder keeps.
   *
   * @param holder {@code "tag hello:latest"}, {@code "lease 17-… (build x)"}
   * @param bytes of all that it holds
   * @param alone bytes of what nothing else holds: what its end would give back
   */
  public record Pin(String holder, long bytes, long alone) {}
}
