package dev.jbuild.engine.export;

import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;
import java.util.Set;

/**
 * The result for one platform: its layers are the config's diffIDs, all to be had from the store.
 *
 * @param platform that was asked for
 * @param inherited which of the layers come from a base image
 */
public record PlatformImage(Platform platform, ImageConfig config, Set<DiffId> inherited) {
  public PlatformImage {
    inherited = Set.copyOf(inherited);
  }
}
