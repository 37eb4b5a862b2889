package dev.jbuild.engine.image;

import dev.jbuild.oci.Platform;

/** Resolves the images a Dockerfile names. Safe for use by many threads. */
public interface BaseImages {

  /**
   * Finds an image: its manifest and config, not its layers.
   *
   * @param name as in FROM or {@code --from}: a name, a name and tag, or a name and digest
   * @throws dev.jbuild.failure.BuildFailure when there is no such image, or not for the platform
   */
  BaseImage resolve(String name, Platform platform);
}
