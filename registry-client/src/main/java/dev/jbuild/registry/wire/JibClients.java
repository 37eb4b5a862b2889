package dev.jbuild.registry.wire;

import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.registry.RegistryClient;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RepositoryName;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Jib's own clients, one for each repository and what may be done there. Each is let in by one
 * thread, while the others wait for it, and keeps its token to itself.
 */
final class JibClients {
  private final Supplier<JibHttp> http;
  private final Map<Scope, Slot> clients = new ConcurrentHashMap<>();

  /** A client that is made once, by one thread, while the others wait for it. */
  private static final class Slot {
    final ReentrantLock lock = new ReentrantLock();
    volatile @Nullable RegistryClient client;
  }

  /**
   * @param http asked when the first client is wanted
   */
  JibClients(Supplier<JibHttp> http) {
    this.http = http;
  }

  /** Jib's client for one repository, authenticated; it keeps its token to itself. */
  private RegistryClient client(RepositoryName repository, Action action, boolean push)
      throws IOException {
    Scope scope = push ? Scope.push(repository) : Scope.pull(repository);
    Scope key = new Scope(repository.toString(), scope.resources());
    Slot slot = clients.computeIfAbsent(key, _ -> new Slot());
    slot.lock.lock();
    try {
      RegistryClient known = slot.client;
      if (known == null) {
        known = http.get().authenticated(repository, action, scope, push);
        slot.client = known;
      }
      return known;
    } finally {
      slot.lock.unlock();
    }
  }

  /** A call to Jib's client. */
  interface Call<T extends @Nullable Object> {
    T on(RegistryClient client) throws IOException, RegistryException;
  }

  /**
   * Has the repository's client do something.
   *
   * @param method of HTTP, for the words of a failure
   * @throws IOException what another attempt may mend; the next one begins with a new client
   * @throws RegistryFailure what it will not
   */
  <T extends @Nullable Object> T call(
      String method, RepositoryName repository, Action action, boolean push, Call<T> call)
      throws IOException {
    RegistryClient client = client(repository, action, push);
    try {
      return call.on(client);
    } catch (RegistryException | IOException e) {
      Scope scope = push ? Scope.push(repository) : Scope.pull(repository);
      // The next attempt begins with a client of its own, and with a token of its own.
      clients.values().removeIf(slot -> client.equals(slot.client));
      throw http.get().translated(method, action, scope, e);
    }
  }
}
