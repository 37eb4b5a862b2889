package dev.jbuild.oci;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Names a stack of layers, bottom to top (OCI image-spec config.md "Layer ChainID"): equal chainIDs
 * mean equal root file systems.
 */
public record ChainId(Digest digest) {

  /** Of the layers given, bottom first; empty for no layers at all, which have no chainID. */
  public static Optional<ChainId> of(List<DiffId> layers) {
    Digest chain = null;
    for (DiffId layer : layers) {
      chain =
          chain == null
              ? layer.digest()
              : Digest.of((chain + " " + layer).getBytes(StandardCharsets.UTF_8));
    }
    return Optional.ofNullable(chain).map(ChainId::new);
  }

  @Override
  public String toString() {
    return digest.toString();
  }
}
