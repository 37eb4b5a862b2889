package dev.jbuild.engine.export;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;
import java.util.List;

/**
 * The result for one platform: its layers are the config's diffIDs, all to be had from the store.
 *
 * @param platform that was asked for
 * @param base the blobs that the base image has for the lowest layers, bottom first; not all need
 *     be in the store
 */
public record PlatformImage(Platform platform, ImageConfig config, List<Descriptor> base) {
  public PlatformImage {
    base = List.copyOf(base);
  }
}
