package dev.jbuild.engine.cache;

import dev.jbuild.oci.DiffId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A layer in a root file system.
 *
 * @param made when a step made it, which is what image history says however often it is found in
 *     the cache; null for a layer of a base image
 */
public record StackLayer(DiffId diffId, @Nullable Instant made) {

  /** When a step made it; empty for a layer of a base image. */
  public Optional<Instant> madeAt() {
    return Optional.ofNullable(made);
  }

  /** The diffIDs alone. */
  public static List<DiffId> diffIds(List<StackLayer> layers) {
    return layers.stream().map(StackLayer::diffId).toList();
  }
}
