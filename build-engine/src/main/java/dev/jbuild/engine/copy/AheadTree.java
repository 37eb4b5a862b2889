package dev.jbuild.engine.copy;

import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A tree whose directories are listed by all processors while one thread walks it: to list a
 * directory has the directories in it listed ahead, and the thread that walks does itself what
 * nobody has begun. A walk of an unchanged context is nothing but listings, so this is what its
 * time divides by.
 *
 * <p>Listings of directories that the walk then leaves out are wasted, one level of them. Used by
 * one thread; the tree beneath must be safe for look-ups from several. Closing it waits for what
 * was begun and does not close the tree beneath.
 */
final class AheadTree implements FileTree {
  private static final Listing NOTHING = new Listing(List.of(), null);

  private final FileTree tree;
  private final Map<BytePath, Ahead> begun = new HashMap<>();
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

  /** A listing that whoever comes first makes. */
  private final class Ahead implements Runnable {
    private final BytePath directory;
    private final AtomicBoolean taken = new AtomicBoolean();
    private final CompletableFuture<Listing> result = new CompletableFuture<>();

    Ahead(BytePath directory) {
      this.directory = directory;
    }

    @Override
    public void run() {
      if (taken.compareAndSet(false, true)) {
        try {
          result.complete(listed(directory));
        } catch (RuntimeException | Error e) {
          result.completeExceptionally(e);
        }
      }
    }

    Listing get() {
      run();
      try {
        return result.join();
      } catch (CompletionException e) {
        switch (e.getCause()) {
          case RuntimeException failure -> throw failure;
          case Error failure -> throw failure;
          case null, default -> throw e;
        }
      }
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
    Ahead ahead = begun.remove(directory);
    List<TreeEntry> entries = ahead == null ? tree.list(directory) : ahead.get().get();
    for (TreeEntry entry : entries) {
      if (entry.isDirectory()) {
        Ahead next = new Ahead(entry.path());
        if (begun.putIfAbsent(entry.path(), next) == null) {
          ForkJoinPool.commonPool().execute(next);
        }
      }
    }
    return entries;
  }

  private Listing listed(BytePath directory) {
    if (closed) {
      return NOTHING;
    }
    try {
      return new Listing(tree.list(directory), null);
    } catch (IOException e) {
      return new Listing(List.of(), e);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Ahead ahead : begun.values()) {
      ahead.run();
      // How it ended is of no interest any more, but that it ended is.
      ahead.result.exceptionally(_ -> NOTHING).join();
    }
    begun.clear();
  }
}
