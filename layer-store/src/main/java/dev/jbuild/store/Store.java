package dev.jbuild.store;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A handle on a store root, with a lease: what is made or read through this handle is not collected
 * before it is closed. Thread-safe; cheap to fork.
 */
public interface Store extends AutoCloseable {

  /**
   * Opens the store in a directory, which is made if missing.
   *
   * @param purpose of the handle's lease, for people: {@code "build hello:latest"}
   * @throws dev.jbuild.failure.BuildFailure {@code UNAVAILABLE} if the directory cannot be written,
   *     {@code UNSUPPORTED} if it is a layout of another version
   */
  static Store open(Path root, String purpose) {
    return DirectoryStore.open(root, purpose);
  }

  /** The directory all of it lives in; also a valid OCI image layout. */
  Path root();

  BlobStore blobs();

  TagStore tags();

  LayerStore layers();

  /**
   * An empty directory on the store's file system for as long as the work needs it: a snapshot, a
   * checkout, a download.
   */
  Workspace workspace();

  /**
   * Leaves a workspace, with what is in it, to whoever {@linkplain #unpark asks} this handle for
   * the key. Only a few wait, and none after the handle is closed: the others are closed.
   */
  void park(String key, Workspace workspace);

  /** The workspace that was parked under a key, and is the caller's now. */
  Optional<Workspace> unpark(String key);

  /** What this handle holds. */
  Lease lease();

  /** All leases of live processes, this one's included. */
  Leases leases();

  /**
   * Another handle on the same root with a lease of its own, for a piece of work that ends before
   * this handle does: one build of a server.
   *
   * @param purpose for people, shown by {@code jbuild du}: {@code "build hello:latest"}
   */
  Store fork(String purpose);

  /** What the store's space is used for. Costs a stat a file of layers that nobody measured yet. */
  StoreUsage usage();

  /**
   * Removes what neither a tag nor a live lease holds, and what dead processes left behind. Other
   * processes may go on meanwhile. What this handle holds counts as held.
   */
  PruneReport prune(PruneOptions options);

  /**
   * From now on this handle and its forks, those made before included, let no blob and no layer in
   * that would make the store take more than so many bytes: what nothing holds is removed for it,
   * the least recently used first, and where that is not enough the write fails with {@code
   * UNAVAILABLE} and says what holds the rest.
   */
  void capAt(long bytes);

  /**
   * Removes what the cap wants gone, as far as nothing holds it. For moments when space was taken
   * or given back besides blobs and layers: before and after a build. Nothing without a cap.
   */
  void keepCap();

  /**
   * Reads everything and compares it with what it must be. Other processes may go on meanwhile.
   *
   * @param repair whether to put right what is wrong: what is damaged is removed so that it is
   *     fetched or made again, and names of what is lost are removed
   */
  CheckReport check(boolean repair);

  /** A directory below the root for records of a kind the store does not know, made if missing. */
  Path directory(String name);

  /** Ends the lease. Idempotent. */
  @Override
  void close();
}
