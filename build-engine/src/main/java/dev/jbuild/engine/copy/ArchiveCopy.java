package dev.jbuild.engine.copy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.ArchiveTree;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * ADD of a local archive: its files go below the destination, which is always a directory.
 *
 * <p>Owners are the archive's unless {@code --chown} is given; {@code --chmod} does not apply; a
 * path that would leave the destination is held at it (semantics 70). A directory of the archive
 * takes the place of a link in the image, and a file that of anything but a directory with files.
 */
final class ArchiveCopy {
  private final LayerBuilder target;
  private final Directories directories;
  private final @Nullable Ownership owner;

  ArchiveCopy(LayerBuilder target, Directories directories, @Nullable Ownership owner) {
    this.target = target;
    this.directories = directories;
    this.owner = owner;
  }

  /**
   * @param made what missing directories become
   */
  void unpack(ArchiveTree archive, FileTree.Resolved destination, Attributes made)
      throws IOException {
    if (destination.entry().isPresent() && !destination.isDirectory()) {
      throw new BuildFailure(
          Kind.USER, "destination \"/" + destination.path() + "\" is not a directory");
    }
    BytePath top = destination.path();
    directories.make(top, made);
    directories.date(top);
    // A directory that the archive has keeps the archive's time.
    Set<BytePath> dated = new HashSet<>();
    for (TreeEntry entry : archive.entries()) {
      if (entry.isDirectory()) {
        dated.add(entry.path());
      }
    }
    for (TreeEntry entry : archive.entries()) {
      put(entry, top, made, dated.contains(entry.path().parent()));
    }
  }

  private void put(TreeEntry entry, BytePath top, Attributes made, boolean inDated)
      throws IOException {
    BytePath path = top.resolve(entry.path());
    makeWay(path, top);
    directories.make(path.parent(), Attributes.DIRECTORY.withMtime(made.mtime()));
    Attributes attributes =
        owner == null ? entry.attributes() : entry.attributes().withOwner(owner.uid(), owner.gid());
    Optional<TreeEntry> there = target.find(path);
    if (there.isPresent() && there.get().isDirectory() != entry.isDirectory()) {
      target.remove(path);
    }
    TreeEntry placed = entry.at(path).with(attributes);
    if (placed instanceof TreeEntry.HardLink link) {
      placed = new TreeEntry.HardLink(path, attributes, link.type(), top.resolve(link.target()));
    }
    if (inDated) {
      target.put(placed);
    } else {
      directories.put(placed);
    }
  }

  /** Below the destination, what is in the way of the archive's directories gives way. */
  private void makeWay(BytePath path, BytePath top) throws IOException {
    for (BytePath at = path.parent(); !at.equals(top) && !at.isRoot(); at = at.parent()) {
      Optional<TreeEntry> there = target.find(at);
      if (there.isPresent() && !there.get().isDirectory()) {
        target.remove(at);
      }
    }
  }
}
