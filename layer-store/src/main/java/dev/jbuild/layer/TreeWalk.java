package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Visits a tree in tree order: a directory directly before what is in it, names by their bytes.
 * Links are entries, never followed. Lists one directory per level at a time, so memory follows the
 * width of the tree and not its size.
 */
public final class TreeWalk {
  /** What to do with an entry; asked before anything below it is read. */
  public enum Decision {
    /** Visit it and what is below. */
    TAKE,
    /** Do not visit it, but look below. */
    DESCEND,
    /** Neither visit it nor read what is below. */
    PRUNE
  }

  /** Decides on entries. */
  @FunctionalInterface
  public interface Filter {
    Decision decide(TreeEntry entry);
  }

  /** Takes entries. */
  @FunctionalInterface
  public interface Visitor {
    void visit(TreeEntry entry) throws IOException;
  }

  private final FileTree tree;
  private final BytePath start;
  private final Filter filter;

  private TreeWalk(FileTree tree, BytePath start, Filter filter) {
    this.tree = tree;
    this.start = start;
    this.filter = filter;
  }

  /** A walk over a file or directory, itself included. Nothing there is no error. */
  public static TreeWalk of(FileTree tree, BytePath start) {
    return new TreeWalk(tree, start, _ -> Decision.TAKE);
  }

  /** The same walk with a filter. */
  public TreeWalk filter(Filter filter) {
    return new TreeWalk(tree, start, filter);
  }

  public void forEach(Visitor visitor) throws IOException {
    Optional<TreeEntry> first = tree.find(start);
    if (first.isPresent()) {
      walk(first.get(), visitor);
    }
  }

  private void walk(TreeEntry entry, Visitor visitor) throws IOException {
    Decision decision = filter.decide(entry);
    if (decision == Decision.PRUNE) {
      return;
    }
    if (decision == Decision.TAKE) {
      visitor.visit(entry);
    }
    if (entry.isDirectory()) {
      List<TreeEntry> children = tree.list(entry.path());
      for (TreeEntry child : children) {
        walk(child, visitor);
      }
    }
  }
}
