package dev.jbuild.engine.image;

import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.registry.RegistryClient;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.wire.Transports;
import dev.jbuild.store.Store;
import org.jspecify.annotations.Nullable;

/**
 * The registry client of one build, made when first needed: a build that finds everything in the
 * store opens no connection and loads no HTTP client. Safe for use by many threads.
 */
public final class RegistryAccess implements AutoCloseable {
  private final RegistryOptions options;
  private final Store store;
  private @Nullable RegistryClient client;

  /**
   * @param events hear of what moves
   */
  public RegistryAccess(RegistryOptions options, Store store, StepEvents events) {
    this.options = options.heardBy(new TransferSteps(events));
    this.store = store;
  }

  public synchronized RegistryClient client() {
    RegistryClient known = client;
    if (known == null) {
      known = new RegistryClient(Transports.open(options), options, store);
      client = known;
    }
    return known;
  }

  @Override
  public synchronized void close() {
    if (client != null) {
      client.close();
      client = null;
    }
  }
}
