package dev.jbuild.dockerfile.ast;

import java.util.List;
import java.util.stream.Collectors;

/** A Dockerfile that cannot be built, with all that is wrong with it. */
public final class DockerfileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Diagnostic> diagnostics;

  /**
   * @param diagnostics at least one, in file order
   */
  public DockerfileException(List<Diagnostic> diagnostics) {
    super(diagnostics.stream().map(Diagnostic::toString).collect(Collectors.joining("\n")));
    this.diagnostics = List.copyOf(diagnostics);
  }

  /** All errors, in file order. */
  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }
}
