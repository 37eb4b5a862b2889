package dev.jbuild.engine;

import dev.jbuild.failure.BuildFailure;
import java.util.List;

/** A Dockerfile that cannot be built, with every independent error in it. */
public final class DockerfileFailure extends BuildFailure {
  private final transient List<LocatedFailure> errors;

  /**
   * @param errors at least one, in file order
   */
  public DockerfileFailure(List<LocatedFailure> errors) {
    super(
        errors.getFirst().kind(),
        errors.size() == 1
            ? errors.getFirst().text()
            : errors.getFirst().text() + " (and " + (errors.size() - 1) + " more)",
        errors.getFirst().hint().orElse(null),
        null);
    this.errors = List.copyOf(errors);
  }

  /** All errors, in file order. */
  public List<LocatedFailure> errors() {
    return errors;
  }
}
