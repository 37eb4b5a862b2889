package dev.jbuild.engine.copy;

import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import org.jspecify.annotations.Nullable;

/**
 * A tree whose directories are listed by all processors while one thread walks it: to list a
 * directory has the directories in it listed ahead. A walk of an unchanged context is nothing but
 * listings, so this is what its time divides by.
 *
 * <p>Listings of directories that the walk then leaves out are wasted, one level of them. Used by
 * one thread; the tree beneath must be safe for look-ups from several. Closing it waits for what
 * was begun and does not close the tree beneath.
 */
final class AheadTree implements FileTree {
  private final FileTree tree;
  private final Map<BytePath, ForkJoinTask<Listing>> begun = new HashMap<>();
  private volatile boolean closed;

  /** What is in a directory, or why that cannot be said. */
  private record Listing(List<TreeEntry> entries, @Nullable IOException failure) {
    List<TreeEntry> get() throws IOException {
      if (failure != null) {
        throw failure;
      }
      return entries;
    }
  }

  AheadTree(FileTree tree) {
    this.tree = tree;
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    return tree.find(path);
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    ForkJoinTask<Listing> ahead = begun.remove(directory);
    List<TreeEntry> entries = ahead == null ? tree.list(directory) : ahead.join().get();
    for (TreeEntry entry : entries) {
      if (entry.isDirectory()) {
        BytePath path = entry.path();
        begun.computeIfAbsent(path, _ -> ForkJoinPool.commonPool().submit(() -> listed(path)));
      }
    }
    return entries;
  }

  private Listing listed(BytePath directory) {
    if (closed) {
      return new Listing(List.of(), null);
    }
    try {
      return new Listing(tree.list(directory), null);
    } catch (IOException e) {
      return new Listing(List.of(), e);
    }
  }

  @Override
  public void close() {
    // Not cancelled: a cancelled task that runs already would be said to have ended.
    closed = true;
    begun.values().forEach(ForkJoinTask::quietlyJoin);
    begun.clear();
  }
}
