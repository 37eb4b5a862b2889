package dev.jbuild.engine.image;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import java.util.List;

/**
 * A base image, resolved to bytes that cannot change. Its layers need not be in the store yet.
 *
 * @param name as the Dockerfile has it, for people
 * @param manifest digest of the manifest for the platform
 * @param layers the blobs, bottom first, one for each diffID of the config
 * @param config the image's config
 */
public record BaseImage(String name, Digest manifest, List<Descriptor> layers, ImageConfig config) {
  public BaseImage {
    layers = List.copyOf(layers);
  }
}
