package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import java.io.IOException;
import java.time.Instant;

/** A bound on the times of a layer, as {@code SOURCE_DATE_EPOCH} sets one. */
public final class LayerTimes {
  private LayerTimes() {}

  /** The change, dated {@code latest} if it is dated later. */
  public static TreeChange notAfter(TreeChange change, Instant latest) {
    return change instanceof TreeEntry entry && isLater(entry, latest)
        ? entry.with(entry.attributes().withMtime(latest))
        : change;
  }

  /**
   * Gives a file the time that {@link #notAfter} gives its entry, so that a layer kept as a
   * directory reads as it was hashed.
   *
   * @param directory holds the file that {@code change} was read from
   */
  public static void limit(DirFd directory, TreeChange change, Instant latest) throws IOException {
    if (!(change instanceof TreeEntry entry) || !isLater(entry, latest)) {
      return;
    }
    if (entry.path().isRoot()) {
      try (FileFd self = directory.self()) {
        self.setModified(latest.getEpochSecond(), latest.getNano());
      }
      return;
    }
    BytePath path = entry.path();
    directory.setModified(path, latest.getEpochSecond(), latest.getNano());
  }

  private static boolean isLater(TreeEntry entry, Instant latest) {
    return entry.attributes().mtime().isAfter(latest);
  }
}
