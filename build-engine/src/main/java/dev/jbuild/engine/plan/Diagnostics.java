package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.engine.DockerfileFailure;
import dev.jbuild.engine.LocatedFailure;
import dev.jbuild.engine.RunFailure;
import dev.jbuild.engine.WordFailure;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes failures that show the place in one Dockerfile. Immutable and thread-safe. */
public final class Diagnostics {
  private final SourceText source;

  public Diagnostics(SourceText source) {
    this.source = source;
  }

  /** A fault of the Dockerfile at a place. */
  public LocatedFailure error(SourceSpan span, String message, @Nullable String hint) {
    return new LocatedFailure(Kind.USER, message, span, Excerpt.of(source, span), hint, null);
  }

  /** A thing the language has and this build cannot do. */
  public LocatedFailure unsupported(SourceSpan span, String what) {
    return new LocatedFailure(
        Kind.UNSUPPORTED,
        what + " is not supported yet",
        span,
        Excerpt.of(source, span),
        null,
        null);
  }

  /** A RUN that did not end well. */
  public RunFailure run(
      SourceSpan span, String message, int exitCode, String lastOutput, @Nullable String hint) {
    return new RunFailure(message, span, Excerpt.of(source, span), exitCode, lastOutput, hint);
  }

  /**
   * Any failure at a place; one that has a place already keeps it, and one about a word of the
   * instruction is at that word.
   */
  public BuildFailure at(SourceSpan instruction, BuildFailure failure) {
    if (failure instanceof LocatedFailure
        || failure instanceof DockerfileFailure
        || failure.kind() == Kind.CANCELLED) {
      return failure;
    }
    SourceSpan span =
        failure instanceof WordFailure about
            ? WordPlace.of(source, instruction, about.word())
            : instruction;
    return new LocatedFailure(
        failure.kind(),
        failure.text(),
        span,
        Excerpt.of(source, span),
        failure.hint().orElse(null),
        failure);
  }

  /** The front end's errors. */
  public DockerfileFailure of(DockerfileException failure) {
    return of(failure.diagnostics());
  }

  /** The front end's errors. */
  public DockerfileFailure of(List<Diagnostic> diagnostics) {
    List<LocatedFailure> errors = new ArrayList<>();
    for (Diagnostic diagnostic : diagnostics) {
      errors.add(error(diagnostic.span(), diagnostic.message(), diagnostic.hint()));
    }
    return new DockerfileFailure(errors);
  }
}
