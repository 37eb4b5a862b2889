package dev.jbuild.engine.copy;

import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ignore.Glob;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.engine.WordFailure;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NotDirectoryException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The files that one COPY or ADD takes, in the order in which it takes them.
 *
 * <p>Wildcards match component by component as Go's {@code filepath.Match} and find nothing behind
 * a symbolic link; a wildcard without a match takes nothing, a literal path without a file is an
 * error. Links on the way to a source, and the source itself, are followed inside the tree.
 */
public final class SourceSelection {
  private final FileTree tree;
  private final IgnoreMatcher excludes;
  private final List<Source> sources;
  private final Instant now;

  private SourceSelection(
      FileTree tree, IgnoreMatcher excludes, List<Source> sources, Instant now) {
    this.tree = tree;
    this.excludes = excludes;
    this.sources = List.copyOf(sources);
    this.now = now;
  }

  /**
   * One source.
   *
   * @param name its last component as written or matched, which a copy into a directory gets
   * @param entry what it is, links followed
   * @param part what of a directory is taken
   */
  public record Source(BytePath name, TreeEntry entry, Part part) {}

  /** Which files below a source are taken. */
  sealed interface Part {
    /** All of them. */
    record Whole() implements Part {}

    /** A path and all below it, as {@code --parents} takes it. */
    record Path(BytePath path) implements Part {}

    /** What a pattern matches, and all below it; {@code **} is any number of directories. */
    record Matching(IgnoreMatcher pattern) implements Part {}

    /** Whether a path is taken. */
    default boolean takes(BytePath below) {
      return switch (this) {
        case Whole whole -> true;
        case Path one -> below.startsWith(one.path());
        case Matching matching -> matching.pattern().excluded(ContextTree.text(below));
      };
    }

    /** Whether something below a directory that is not taken itself may be. */
    default boolean entersInto(BytePath below) {
      return switch (this) {
        case Whole whole -> true;
        case Path one -> one.path().startsWith(below);
        case Matching matching -> true;
      };
    }
  }

  /** Hears of each file that is taken. */
  interface Visitor {
    /**
     * @param relative below the source; the root for the source itself
     */
    void visit(BytePath relative, TreeEntry entry) throws IOException;
  }

  /**
   * @param tree what patterns are looked up in
   * @param now the time of what has none in the tree: files written in the Dockerfile, and
   *     directories that are left out themselves but needed for what is in them
   * @throws BuildFailure {@code NOT_FOUND} for a literal source that does not exist
   */
  static SourceSelection of(Op.Copy copy, FileTree tree, Instant now) throws IOException {
    List<Source> sources = new ArrayList<>();
    for (Op.Source source : copy.sources()) {
      switch (source) {
        case Op.Source.Pattern pattern -> {
          if (copy.parents()) {
            sources.add(withParents(pattern.text(), tree));
          } else {
            match(pattern.text(), tree, sources);
          }
        }
        case Op.Source.Inline inline -> sources.add(inline(inline, now));
      }
    }
    return new SourceSelection(tree, IgnoreMatcher.of(copy.excludes()), sources, now);
  }

  /** The same, walked through another view of its tree. */
  SourceSelection through(FileTree view) {
    return new SourceSelection(view, excludes, sources, now);
  }

  List<Source> sources() {
    return sources;
  }

  /** Whether {@code --exclude} leaves out the source itself, which must be a file. */
  boolean leavesOut(Source source) {
    return !source.entry().isDirectory() && excludes.excluded(ContextTree.text(source.name()));
  }

  /** Visits a source's files in tree order, a directory before what is in it. */
  void walk(Source source, Visitor visitor) throws IOException {
    visitor.visit(BytePath.ROOT, source.entry());
    if (source.entry().isDirectory()) {
      walk(source.entry().path(), BytePath.ROOT, source.part(), visitor);
    }
  }

  private void walk(BytePath directory, BytePath relative, Part part, Visitor visitor)
      throws IOException {
    for (TreeEntry entry : tree.list(directory)) {
      BytePath below = relative.resolve(entry.path().name());
      IgnoreMatcher.Verdict verdict =
          excludes.isEmpty()
              ? IgnoreMatcher.Verdict.INCLUDED
              : excludes.verdict(ContextTree.text(below));
      if (verdict == IgnoreMatcher.Verdict.PRUNED) {
        continue;
      }
      if (verdict == IgnoreMatcher.Verdict.INCLUDED && part.takes(below)) {
        visitor.visit(below, entry);
        if (entry.isDirectory()) {
          walk(entry.path(), below, part, visitor);
        }
      } else if (entry.isDirectory() && (part.takes(below) || part.entersInto(below))) {
        Attributes late = entry.attributes().withMtime(now);
        walk(entry.path(), below, part, new Late(visitor, below, entry.with(late)));
      }
    }
  }

  /** Visits a directory that is left out only when something in it is not. */
  private static final class Late implements Visitor {
    private final Visitor visitor;
    private final BytePath relative;
    private final TreeEntry directory;
    private boolean visited;

    Late(Visitor visitor, BytePath relative, TreeEntry directory) {
      this.visitor = visitor;
      this.relative = relative;
      this.directory = directory;
    }

    @Override
    public void visit(BytePath below, TreeEntry entry) throws IOException {
      if (!visited) {
        visited = true;
        visitor.visit(relative, directory);
      }
      visitor.visit(below, entry);
    }
  }

  private static Source inline(Op.Source.Inline inline, Instant now) {
    BytePath name = path(inline.name());
    TreeEntry file =
        new TreeEntry.RegularFile(
            name,
            Attributes.of(0644, 0, 0, now),
            inline.content().length,
            ContentSource.of(inline.content()));
    return new Source(name, file, new Part.Whole());
  }

  /** {@code --parents}: what is after {@code /./}, or all of the path, is kept. */
  private static Source withParents(String pattern, FileTree tree) throws IOException {
    int pivot = pattern.indexOf("/./");
    String before = pivot < 0 ? "" : pattern.substring(0, pivot);
    String kept = pivot < 0 ? pattern : pattern.substring(pivot + 2);
    BytePath base = path(before);
    FileTree.Resolved start = resolve(tree, base);
    if (!start.isDirectory()) {
      throw MissingSource.failure(before, base, tree);
    }
    TreeEntry directory = start.entry().orElseThrow();
    if (Glob.isWildcard(kept)) {
      IgnoreMatcher matching = IgnoreMatcher.of(List.of(kept));
      return new Source(BytePath.ROOT, directory, new Part.Matching(matching));
    }
    BytePath path = path(kept);
    if (tree.find(start.path().resolve(path)).isEmpty()) {
      throw MissingSource.failure(pattern, start.path().resolve(path), tree);
    }
    return new Source(BytePath.ROOT, directory, new Part.Path(path));
  }

  private static void match(String pattern, FileTree tree, List<Source> sources)
      throws IOException {
    if (!Glob.isWildcard(pattern)) {
      BytePath path = path(pattern);
      TreeEntry entry =
          resolve(tree, path).entry().orElseThrow(() -> MissingSource.failure(pattern, path, tree));
      sources.add(new Source(path.isRoot() ? path : path.name(), entry, new Part.Whole()));
      return;
    }
    List<String> components = components(pattern);
    int literal = 0;
    while (!Glob.isWildcard(components.get(literal))) {
      literal++;
    }
    BytePath base = path(String.join("/", components.subList(0, literal)));
    FileTree.Resolved start = resolve(tree, base);
    if (start.isDirectory()) {
      match(components.subList(literal, components.size()), start.path(), tree, sources);
    }
  }

  private static void match(
      List<String> components, BytePath directory, FileTree tree, List<Source> sources)
      throws IOException {
    Glob glob = glob(components.getFirst());
    List<TreeEntry> entries = new ArrayList<>(tree.list(directory));
    entries.sort(Comparator.comparing(TreeEntry::path));
    for (TreeEntry entry : entries) {
      BytePath name = entry.path().name();
      if (!glob.matches(ContextTree.text(name))) {
        continue;
      }
      if (components.size() > 1) {
        if (entry.isDirectory()) {
          match(components.subList(1, components.size()), entry.path(), tree, sources);
        }
        continue;
      }
      TreeEntry target =
          resolve(tree, entry.path())
              .entry()
              .orElseThrow(() ->
                  new BuildFailure(
                      Kind.NOT_FOUND, "\"" + entry.path() + "\" is a link to nothing"));
      sources.add(new Source(name, target, new Part.Whole()));
    }
  }

  /** Go's path.Clean on a pattern that may not leave the root. */
  private static List<String> components(String pattern) {
    List<String> parts = new ArrayList<>();
    for (String part : pattern.split("/")) {
      if (part.equals("..")) {
        if (!parts.isEmpty()) {
          parts.removeLast();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return parts;
  }

  private static Glob glob(String pattern) {
    try {
      return Glob.of(pattern);
    } catch (IllegalArgumentException e) {
      throw new WordFailure(
          Kind.USER,
          "malformed pattern \"" + pattern + "\": " + e.getMessage(),
          "a backslash takes the character after it as it is: \\[",
          pattern);
    }
  }

  /** Where a path leads; what would be below a file does not exist. */
  private static FileTree.Resolved resolve(FileTree tree, BytePath path) throws IOException {
    try {
      return tree.resolve(path);
    } catch (NotDirectoryException e) {
      return new FileTree.Resolved(path, Optional.empty());
    } catch (FileSystemLoopException e) {
      throw new BuildFailure(
          Kind.USER, "\"" + path + "\" leads through a circle of symbolic links", e);
    }
  }

  /** Text of a Dockerfile as a path: clamped to the root, bytes kept. */
  public static BytePath path(String text) {
    return BytePath.clampedLatin1(new String(SourceText.encode(text), StandardCharsets.ISO_8859_1));
  }
}
