package dev.jbuild.engine.copy;

import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.engine.WordFailure;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says of a literal source that does not exist what may have been meant. */
final class MissingSource {
  private MissingSource() {}

  /**
   * @param pattern as the instruction has it
   * @param path where it leads in {@code tree}
   */
  static BuildFailure failure(String pattern, BytePath path, FileTree tree) {
    return new WordFailure(
        Kind.NOT_FOUND,
        "\"" + pattern + "\" is not there to be copied",
        hint(pattern, path, tree),
        pattern);
  }

  private static @Nullable String hint(String pattern, BytePath path, FileTree tree) {
    try {
      boolean context = tree instanceof ContextTree;
      if (tree instanceof ContextTree files && files.leavesOut(path)) {
        return "the .dockerignore leaves it out";
      }
      Optional<String> near = near(path, tree);
      if (near.isPresent()) {
        return "did you mean \"" + near.get() + "\"?";
      }
      if (context && tree.list(BytePath.ROOT).isEmpty()) {
        return "the context has no files at all";
      }
      if (context && pattern.startsWith("../")) {
        return "nothing outside the context can be copied: build in the directory above, or name"
            + " another with --build-context";
      }
    } catch (IOException e) {
      // The hint is a courtesy: what the tree cannot say now is no second failure.
      return null;
    }
    return null;
  }

  /** The path with its first name that does not exist replaced by the most similar one there. */
  private static Optional<String> near(BytePath path, FileTree tree) throws IOException {
    BytePath parent = BytePath.ROOT;
    List<BytePath> names = path.components();
    for (int i = 0; i < names.size(); i++) {
      BytePath next = parent.resolve(names.get(i));
      FileTree.Resolved directory = tree.resolve(parent);
      if (!directory.isDirectory()) {
        return Optional.empty();
      }
      if (tree.resolve(next).entry().isPresent()) {
        parent = next;
        continue;
      }
      List<String> there =
          tree.list(directory.path()).stream()
              .map(entry -> ContextTree.text(entry.path().name()))
              .toList();
      Optional<String> similar = Nearest.of(ContextTree.text(names.get(i)), there);
      if (similar.isEmpty()) {
        return similar;
      }
      BytePath found = parent.resolve(SourceSelection.path(similar.get()));
      BytePath rest = found;
      for (BytePath name : names.subList(i + 1, names.size())) {
        rest = rest.resolve(name);
      }
      return Optional.of(ContextTree.text(tree.resolve(rest).entry().isPresent() ? rest : found));
    }
    return Optional.empty();
  }
}
