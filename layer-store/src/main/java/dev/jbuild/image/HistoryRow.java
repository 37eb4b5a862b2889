package dev.jbuild.image;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.History;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One row of {@code jbuild history}: a step, and the layer it made if it made one.
 *
 * @param diffId null for a step without a layer
 * @param blob null for a step without a layer
 */
public record HistoryRow(History step, @Nullable DiffId diffId, @Nullable Descriptor blob) {

  /** Bytes of the layer's blob, 0 for a step without a layer. */
  public long size() {
    return blob == null ? 0 : blob.size();
  }

  public Optional<DiffId> layer() {
    return Optional.ofNullable(diffId);
  }
}
