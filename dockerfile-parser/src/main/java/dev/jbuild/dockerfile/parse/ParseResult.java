package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.PartialDockerfile;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A tree, or at least one error and perhaps what could be read nevertheless. */
public final class ParseResult {
  private final @Nullable Dockerfile tree;
  private final @Nullable PartialDockerfile partial;
  private final List<Diagnostic> errors;

  private ParseResult(
      @Nullable Dockerfile tree, @Nullable PartialDockerfile partial, List<Diagnostic> errors) {
    this.tree = tree;
    this.partial = partial;
    this.errors = List.copyOf(errors);
  }

  static ParseResult of(Dockerfile tree) {
    return new ParseResult(tree, PartialDockerfile.whole(tree), List.of());
  }

  /**
   * @param errors at least one
   * @param partial null when too little is known to judge anything by it
   */
  static ParseResult failed(List<Diagnostic> errors, @Nullable PartialDockerfile partial) {
    if (errors.isEmpty()) {
      throw new IllegalArgumentException("a result has a tree or errors");
    }
    return new ParseResult(null, partial, errors);
  }

  /** The tree, when there are no errors. */
  public Optional<Dockerfile> tree() {
    return Optional.ofNullable(tree);
  }

  /**
   * What could be read: the whole tree if there are no errors; empty when it is too little to judge
   * anything by.
   */
  public Optional<PartialDockerfile> partial() {
    return Optional.ofNullable(partial);
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
