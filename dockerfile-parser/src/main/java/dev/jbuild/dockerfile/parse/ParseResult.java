package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A tree, or at least one error. */
public final class ParseResult {
  private final @Nullable Dockerfile tree;
  private final List<Diagnostic> errors;

  ParseResult(@Nullable Dockerfile tree, List<Diagnostic> errors) {
    this.tree = tree;
    this.errors = List.copyOf(errors);
    if ((tree == null) == this.errors.isEmpty()) {
      throw new IllegalArgumentException("a result has a tree or errors");
    }
  }

  /** The tree, when there are no errors. */
  public Optional<Dockerfile> tree() {
    return Optional.ofNullable(tree);
  }

  /** All independent errors in file order; empty when there is a tree. */
  public List<Diagnostic> errors() {
    return errors;
  }

  /**
   * The tree.
   *
   * @throws DockerfileException with all errors when there is none
   */
  public Dockerfile orThrow() {
    if (tree == null) {
      throw new DockerfileException(errors);
    }
    return tree;
  }
}
