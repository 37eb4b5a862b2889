package dev.jbuild.image;

import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Platform;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One row of {@code jbuild images}.
 *
 * @param digest of what the name stands for, a manifest or an index
 * @param created of the newest platform; null if no config says
 * @param size bytes of all its blobs, each counted once
 */
public record ImageSummary(
    String name, Digest digest, List<Platform> platforms, @Nullable Instant created, long size) {
  public ImageSummary {
    platforms = List.copyOf(platforms);
  }

  public Optional<Instant> createdAt() {
    return Optional.ofNullable(created);
  }
}
