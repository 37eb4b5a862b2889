package dev.jbuild.snapshot;

import dev.jbuild.oci.DiffId;
import dev.jbuild.store.Layer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A root file system that one step writes to. The death of the process drops it. Used by one thread
 * at a time.
 */
public interface ActiveSnapshot extends AutoCloseable {

  /** What it stands on, bottom first. */
  List<DiffId> parents();

  /** How to get at the root file system: what to mount, or where it is. */
  RootfsMount rootfs();

  /**
   * Takes the changes as a layer. No process may have the root file system open or mounted any
   * more. Equal changes over equal parents give an equal diffID whatever the snapshotter; no change
   * at all gives the layer of the empty tar. The snapshot is over afterwards.
   */
  default Layer commit() {
    return commit(Optional.empty());
  }

  /**
   * As {@link #commit()}, but no file of the layer is dated later than {@code latest}.
   *
   * @param latest as {@code SOURCE_DATE_EPOCH} sets it; empty for times as they are
   */
  Layer commit(Optional<Instant> latest);

  /** Drops the changes, if they were not committed. Idempotent. */
  @Override
  void close();
}
