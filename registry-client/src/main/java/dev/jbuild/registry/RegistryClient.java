package dev.jbuild.registry;

import dev.jbuild.store.Store;

/**
 * Pulls and pushes of one piece of work, over one transport, with one store. What was pulled
 * through a client is known to its pushes: layers are mounted from where they came, and those that
 * were never fetched are copied.
 *
 * <pre>{@code
 * RegistryOptions options = RegistryOptions.builder(System.getenv()).build();
 * try (RegistryClient client = new RegistryClient(Transports.open(options), options, store)) {
 *   PulledImage base = client.puller().pull(ImageName.parse("debian:12"), Platform.host());
 *   client.pusher().push(base.root(), List.of(ImageName.parse("127.0.0.1:5000/debian:12")));
 * }
 * }</pre>
 *
 * <p>Thread-safe. Opens no connection before it needs one; closes the transport, not the store.
 */
public final class RegistryClient implements AutoCloseable {
  private final Registry registry;
  private final Puller puller;
  private final Pusher pusher;

  public RegistryClient(Registry transport, RegistryOptions options, Store store) {
    registry = transport;
    Transfer transfer = new Transfer(transport, options);
    Origins origins = new Origins();
    puller = new Puller(transport, options, store, transfer, origins);
    pusher = new Pusher(transport, store, transfer, origins);
  }

  public Puller puller() {
    return puller;
  }

  public Pusher pusher() {
    return pusher;
  }

  @Override
  public void close() {
    registry.close();
  }
}
