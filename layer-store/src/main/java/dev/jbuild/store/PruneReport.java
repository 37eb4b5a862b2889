package dev.jbuild.store;

import java.util.List;

/**
 * What a collection did.
 *
 * @param removed in the order of removal
 * @param freed bytes that it gave back: of what was removed, and of what became of no use with it
 * @param remaining bytes that the store takes now
 * @param pins if more remains than was asked for: what holds it, the largest first
 */
public record PruneReport(List<StoredItem> removed, long freed, long remaining, List<Pin> pins) {
  /** The holder of what no tag and no work holds, and the store cannot be without. */
  static final String THE_STORE = "the store itself (index, locks, directories)";

  /** The holder of what nothing holds, but was used too lately to go. */
  static final String LATE_USE = "its use not long ago";

  public PruneReport {
    removed = List.copyOf(removed);
    pins = List.copyOf(pins);
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
