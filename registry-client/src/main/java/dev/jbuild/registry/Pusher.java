package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.Store;
import java.util.List;

/**
 * Sends images from a store to registries. What a registry has is not sent; what it has in another
 * repository is mounted. Thread-safe.
 *
 * <p>Got from {@link RegistryClient#pusher}.
 */
public final class Pusher {
  private final Registry registry;
  private final Store store;
  private final Transfer transfer;
  private final Origins origins;

  Pusher(Registry registry, Store store, Transfer transfer, Origins origins) {
    this.registry = registry;
    this.store = store;
    this.transfer = transfer;
    this.origins = origins;
  }

  /**
   * Finds out whether a push would be allowed, so that a long build does not end in a refusal.
   *
   * @throws RegistryFailure of kind {@code UNAUTHORIZED} if not
   */
  public void probe(ImageName destination) {
    registry.probePush(destination.repository());
  }

  /** Begins a push whose blobs are still to come. The caller closes it. */
  public PushSession begin(List<ImageName> destinations) {
    return new PushSession(registry, store, transfer, origins, destinations);
  }

  /**
   * Sends an image, index or artifact that is in the store to all destinations.
   *
   * @param root what the names are to stand for
   * @return its digest
   */
  public Digest push(Descriptor root, List<ImageName> destinations) {
    try (PushSession session = begin(destinations)) {
      return session.finish(root);
    }
  }
}
