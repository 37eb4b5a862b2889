package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A tree of files that answers look-ups: a directory, a stack of layers, a tar, a layer being
 * built.
 *
 * <p>Paths start at the tree's root and never leave it. {@link #find} and {@link #list} take paths
 * literally; {@link #resolve} follows symbolic links as a process whose root is the tree would.
 * Look-ups are safe from several threads unless an implementation says otherwise. Entries and their
 * content are good until {@link #close}.
 */
public interface FileTree extends AutoCloseable {

  /**
   * The file at a path, itself if it is a link. Empty if it does not exist or something on the way
   * is no directory. The root always exists and is a directory.
   */
  Optional<TreeEntry> find(BytePath path) throws IOException;

  /**
   * The files in a directory, in order of their names.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws java.nio.file.NotDirectoryException if it is something else
   */
  List<TreeEntry> list(BytePath directory) throws IOException;

  /**
   * Follows every link on the way and at the end, inside the root. What does not exist yet keeps
   * its place: {@code resolve(a/b/c)} where {@code a} links to {@code /x} and {@code x/b} does not
   * exist gives {@code x/b/c} and no entry.
   *
   * @throws java.nio.file.FileSystemLoopException after 40 links, as the kernel
   * @throws java.nio.file.NotDirectoryException if something on the way is no directory
   */
  default Resolved resolve(BytePath path) throws IOException {
    return Resolution.resolve(this, path, true);
  }

  /** As {@link #resolve}, but a link in the last component is the answer. */
  default Resolved resolveParent(BytePath path) throws IOException {
    return Resolution.resolve(this, path, false);
  }

  @Override
  default void close() throws IOException {}

  /**
   * Where a path leads.
   *
   * @param path without links on the way
   * @param entry what is there; empty if nothing is
   */
  record Resolved(BytePath path, Optional<TreeEntry> entry) {
    public boolean isDirectory() {
      return entry.isPresent() && entry.get().isDirectory();
    }
  }

  /** The tree that holds only an empty root. */
  static FileTree empty() {
    return EmptyTree.INSTANCE;
  }
}
