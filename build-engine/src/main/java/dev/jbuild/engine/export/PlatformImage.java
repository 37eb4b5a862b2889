package dev.jbuild.engine.export;

import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;

/**
 * The result for one platform: its layers are the config's diffIDs, all to be had from the store.
 *
 * @param platform that was asked for
 */
public record PlatformImage(Platform platform, ImageConfig config) {}
