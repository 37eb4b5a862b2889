package dev.jbuild.store;

import java.time.Instant;
import java.util.List;

/**
 * One thing in a store that takes space: a row of {@code jbuild du}.
 *
 * @param name a digest, a diffID, or a file's name
 * @param bytes on disk
 * @param lastUsed when it was last made or asked for
 * @param heldBy what keeps it, for people: {@code "tag hello:latest"}, {@code "lease 17-… (build
 *     x)"}; none if the collector may remove it
 */
public record StoredItem(
    Kind kind, String name, long bytes, Instant lastUsed, List<String> heldBy) {

  /** What takes space. */
  public enum Kind {
    /** A blob: a layer's tar, a config, a manifest. */
    BLOB,
    /** A layer's directory; it can be made again if the layer has a blob. */
    UNPACKED_LAYER,
    /** A root file system that a step writes to, or wrote to when its process died. */
    SNAPSHOT,
    /** An unfinished blob or directory. */
    UNFINISHED,
    /** What is known of a layer; it goes with the last of the layer's blobs and directories. */
    LAYER_RECORD,
    /** A record of the build cache, or the logs of a build. */
    RECORD,
    /** The directory behind a step's {@code --mount=type=cache}. */
    CACHE_MOUNT
  }

  public StoredItem {
    heldBy = List.copyOf(heldBy);
  }

  StoredItem withBytes(long now) {
    return new StoredItem(kind, name, now, lastUsed, heldBy);
  }

  /** Whether the collector must leave it alone. */
  public boolean isHeld() {
    return !heldBy.isEmpty();
  }
}
