package dev.jbuild.snapshot;

import java.nio.file.Path;
import java.util.List;

/** Where a snapshot's root file system is. */
public sealed interface RootfsMount {

  /**
   * To be mounted as an overlay, with {@code redirect_dir=off,metacopy=off,index=off}: the upper
   * directory becomes a layer as it is, and must not point into its lowers. Where the markers are
   * the user's, the first two are implied, and the kernel refuses to hear them.
   *
   * <p>Lowers can be hundreds and their paths do not fit into one page of mount options: use {@code
   * fsconfig} with {@code lowerdir+} (Linux 6.5), or paths relative to {@link #base}.
   *
   * @param base an ancestor of all the directories
   * @param lowers topmost first, at least one
   * @param userXattr whether the layers' markers are {@code user.overlay.*} instead of {@code
   *     trusted.overlay.*} (the mount option of that name, Linux 5.11)
   */
  record Overlay(Path base, List<Path> lowers, Path upper, Path work, boolean userXattr)
      implements RootfsMount {
    public Overlay {
      lowers = List.copyOf(lowers);
    }
  }

  /** A directory that is the root file system, private to the snapshot; nothing to mount. */
  record Directory(Path path) implements RootfsMount {}
}
