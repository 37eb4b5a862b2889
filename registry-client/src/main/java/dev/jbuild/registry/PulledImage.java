package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Manifest;
import java.util.List;

/**
 * An image whose manifest and config are in the store. Its layers are offered to the store's layers
 * and come when something asks for them, or all at once with {@link Puller#fetchLayers}.
 *
 * @param name as it was asked for
 * @param root what the name stands for: the manifest itself, or the index it was chosen from
 * @param layers bottom first
 * @param sources where blobs come from, the best first
 */
public record PulledImage(
    ImageName name,
    Descriptor root,
    Manifest manifest,
    ImageConfig config,
    List<PulledLayer> layers,
    List<RepositoryName> sources) {
  public PulledImage {
    layers = List.copyOf(layers);
    sources = List.copyOf(sources);
  }

  /** A layer by its content and as the blob it travels in. */
  public record PulledLayer(DiffId diffId, Descriptor blob) {}
}
