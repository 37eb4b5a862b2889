package dev.jbuild.oci;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How one step came about (OCI image-spec config.md "history"), oldest first in a config.
 *
 * @param created when; null where nobody said
 * @param emptyLayer whether the step made no layer
 */
public record History(
    @Nullable Instant created,
    String createdBy,
    String author,
    String comment,
    boolean emptyLayer) {

  /** When the step was made, if the entry says so. */
  public Optional<Instant> createdAt() {
    return Optional.ofNullable(created);
  }
}
