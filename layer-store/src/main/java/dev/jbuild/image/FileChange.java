package dev.jbuild.image;

import dev.jbuild.linux.BytePath;
import java.util.Set;

/**
 * One path that differs between two images. What is below an added or removed directory is reported
 * path by path.
 *
 * @param aspects in what it differs, for {@code CHANGED}; else empty
 * @param before bytes of the file before; 0 for what is no file
 * @param after bytes of the file after
 */
public record FileChange(Kind kind, BytePath path, Set<Aspect> aspects, long before, long after) {
  public FileChange {
    aspects = Set.copyOf(aspects);
  }

  /** What happened to the path. */
  public enum Kind {
    ADDED,
    REMOVED,
    CHANGED
  }

  /** In what two files of one path may differ. */
  public enum Aspect {
    TYPE,
    CONTENT,
    TARGET,
    MODE,
    OWNER,
    TIME,
    XATTRS
  }
}
