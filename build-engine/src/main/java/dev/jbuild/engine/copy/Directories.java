package dev.jbuild.engine.copy;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * The directories of a layer in the making that a step makes or adds names to, dated as on a disk:
 * a new name changes the time of the directory it is in. The root has no entry of its own in such
 * layers, as BuildKit writes them.
 */
final class Directories {
  private final LayerBuilder target;
  private final Instant now;

  /**
   * @param now the time of the step
   */
  Directories(LayerBuilder target, Instant now) {
    this.target = target;
    this.now = now;
  }

  /**
   * Makes a directory and its missing parents, and dates the one that holds the first of them.
   *
   * @param made what each new one is
   */
  void make(BytePath directory, Attributes made) throws IOException {
    if (directory.isRoot() || target.find(directory).isPresent()) {
      target.makeDirectories(directory, made); // refuses what is no directory
      return;
    }
    make(directory.parent(), made);
    put(new TreeEntry.Directory(directory, made));
  }

  /** Puts an entry, and dates the directory it is in. */
  void put(TreeEntry entry) throws IOException {
    target.put(entry);
    date(entry.path().parent());
  }

  /** Gives a directory that is there the time of the step. */
  void date(BytePath directory) throws IOException {
    Optional<TreeEntry> there = directory.isRoot() ? Optional.empty() : target.find(directory);
    if (there.isPresent() && !there.get().attributes().mtime().equals(now)) {
      target.put(there.get().with(there.get().attributes().withMtime(now)));
    }
  }
}
