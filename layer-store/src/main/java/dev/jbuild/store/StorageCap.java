package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * The bytes on disk that a store may take, kept while it is written to.
 *
 * <p>What comes into the store is counted from the last measurement on. When the count passes the
 * cap, or a sixteenth of it has come since (others may have written too), the store is measured and
 * collected; what is new is not let in if all the rest is held and still too much. So a store is
 * over its cap by what is in the making at most: unfinished blobs, and what running steps write.
 *
 * <p>One for all handles of a process on a root. Without a cap it costs nothing.
 */
final class StorageCap {
  private static final long NONE = -1;

  /** A part of the cap; collecting leaves one free, so that not every write collects. */
  private static final int PART = 16;

  private static final int PINS_SHOWN = 3;

  private final StoreLayout layout;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile long cap = NONE;

  /** What the store takes, as far as is known here; {@link #NONE} before the first measurement. */
  private long taken = NONE;

  private long sinceMeasured;

  StorageCap(StoreLayout layout) {
    this.layout = layout;
  }

  boolean isSet() {
    return cap != NONE;
  }

  void set(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a store cannot take " + bytes + " bytes");
    }
    lock.lock();
    try {
      cap = bytes;
      taken = NONE;
    } finally {
      lock.unlock();
    }
  }

  /** Measures the store and removes what the cap wants gone, as far as nothing holds it. */
  void keep() throws IOException {
    if (isSet()) {
      lock.lock();
      try {
        collect();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Lets something in that is about to become a blob or a layer, and is on disk already.
   *
   * @throws BuildFailure {@code UNAVAILABLE} if there is no room for it, with what holds the rest
   */
  void admit(long bytes) throws IOException {
    if (!isSet()) {
      return;
    }
    lock.lock();
    try {
      boolean measured = taken != NONE;
      taken += bytes;
      sinceMeasured += bytes;
      if (measured && taken <= cap && sinceMeasured <= cap / PART) {
        return;
      }
      List<PruneReport.Pin> pins = collect();
      if (taken > cap) {
        throw full(pins);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<PruneReport.Pin> collect() throws IOException {
    long total = new Collector(layout).usage().total();
    sinceMeasured = 0;
    taken = total;
    if (total <= cap) {
      return List.of();
    }
    PruneReport report = new Collector(layout).prune(PruneOptions.keep(cap - cap / PART));
    taken = report.remaining();
    return report.pins();
  }

  private BuildFailure full(List<PruneReport.Pin> pins) {
    String holders =
        pins.stream()
            .limit(PINS_SHOWN)
            .map(pin -> pin.holder() + " holds " + pin.bytes())
            .collect(Collectors.joining(", "));
    return new BuildFailure(
        BuildFailure.Kind.UNAVAILABLE,
        "store "
            + layout.root()
            + " would take "
            + taken
            + " bytes, more than the "
            + cap
            + " it may keep, and the rest is in use"
            + (holders.isEmpty() ? "" : ": " + holders),
        "raise the cap (--keep-storage, $JBUILD_KEEP_STORAGE), or remove tags with jbuild rmi",
        null);
  }
}
