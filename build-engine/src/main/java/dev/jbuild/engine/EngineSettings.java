package dev.jbuild.engine;

import dev.jbuild.engine.exec.LocalBuildEngine;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.sandbox.Sandbox;
import dev.jbuild.store.Store;
import java.time.Clock;
import java.util.function.Supplier;

/**
 * What an engine works with, the same for all its builds.
 *
 * @param store where layers, images and cache records are; stays the caller's
 * @param registry how registries are reached
 * @param sandbox chooses the launcher when the first RUN needs one, so that a build without a RUN
 *     probes nothing
 * @param host the platform this machine runs
 * @param clock tells the times that history and new directories get
 */
public record EngineSettings(
    Store store, RegistryOptions registry, Supplier<Sandbox> sandbox, Platform host, Clock clock) {

  /** An engine in this process. */
  public BuildEngine open() {
    return new LocalBuildEngine(this);
  }
}
