package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The names that an unpacked layer has, so that a look-up asks no disk for what is not there. A
 * build of forty steps looks into forty layers at every step, and nearly all of them have nothing
 * to do with what is looked for.
 *
 * <p>About 100 bytes of memory a name. Immutable and thread-safe.
 */
public final class LayerNames {
  /** Of larger layers the disk is asked. */
  private static final int MOST = 2_000;

  private final Set<BytePath> names;
  private final Set<BytePath> opaque;

  private LayerNames(Set<BytePath> names, Set<BytePath> opaque) {
    this.names = names;
    this.opaque = opaque;
  }

  /**
   * Of a layer whose directory stands for exactly these changes, each below directories that are
   * among them, as {@link UnpackedLayer#settle} leaves it.
   *
   * @return empty if they are too many to remember
   */
  public static Optional<LayerNames> of(List<TreeChange> changes) {
    if (changes.size() > MOST) {
      return Optional.empty();
    }
    Set<BytePath> names = HashSet.newHashSet(changes.size());
    Set<BytePath> opaque = new HashSet<>();
    for (TreeChange change : changes) {
      switch (change) {
        case OpaqueMark mark -> opaque.add(mark.path());
        case Whiteout gone -> names.add(gone.path());
        case TreeEntry entry -> names.add(entry.path());
      }
    }
    return Optional.of(new LayerNames(names, opaque));
  }

  /** How many there are. */
  public int size() {
    return names.size();
  }

  /** Whether the layer describes the path or has a whiteout there. */
  boolean has(BytePath path) {
    return names.contains(path);
  }

  /** Whether the layer hides what those below it have in the directory. */
  boolean isOpaque(BytePath directory) {
    return opaque.contains(directory);
  }
}
