package dev.jbuild.registry.wire;

import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.auth.RegistryHosts;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The credentials of registries, each looked up once, by one thread, while the others wait for it.
 * Thread-safe.
 */
final class CredentialLookups {
  private record Key(String host, String path) {}

  private final CredentialStore credentials;
  private final Map<Key, CredentialStore.Lookup> lookups = new ConcurrentHashMap<>();

  /** Those that were refused: good to tell of until they are looked up anew, but not to be sent. */
  private final Set<Key> refused = ConcurrentHashMap.newKeySet();

  private final Map<Key, ReentrantLock> asking = new ConcurrentHashMap<>();

  CredentialLookups(CredentialStore credentials) {
    this.credentials = credentials;
  }

  /**
   * The credential of a repository; asked for when it is first wanted, and again after it was
   * refused.
   */
  CredentialStore.Lookup find(String host, String path) {
    Key key = new Key(RegistryHosts.canonical(host), path);
    CredentialStore.Lookup known = lookups.get(key);
    if (known != null && !refused.contains(key)) {
      return known;
    }
    // Not under a lock of the map, since a helper may take long; and one thread only, since it may
    // ask a person.
    ReentrantLock turn = asking.computeIfAbsent(key, _ -> new ReentrantLock());
    turn.lock();
    try {
      known = lookups.get(key);
      if (known == null || refused.contains(key)) {
        known = credentials.find(host, path);
        lookups.put(key, known);
        refused.remove(key);
      }
      return known;
    } finally {
      turn.unlock();
    }
  }

  /** Has it looked up anew. */
  void refused(String host, String path) {
    refused.add(new Key(RegistryHosts.canonical(host), path));
  }

  /**
   * Which credential was used, for a refusal.
   *
   * @param words where it came from, or where none was found, and what else there is
   * @param known whether there was one
   * @param hides whether there is another one, that was not used
   */
  record Account(String words, boolean known, boolean hides) {}

  /** What there is to tell of the credential that was found last. */
  Account account(String host, String path) {
    CredentialStore.Lookup lookup = lookups.get(new Key(RegistryHosts.canonical(host), path));
    return lookup == null
        ? new Account("no credential was asked for", false, false)
        : account(credentials, host, path, lookup);
  }

  static Account account(
      CredentialStore credentials, String host, String path, CredentialStore.Lookup lookup) {
    List<String> notes = lookup.notes();
    if (lookup.credential().isEmpty()) {
      String words =
          notes.isEmpty()
              ? "no credential: there is no credential file"
              : "no credential for \"" + host + "\" in " + String.join(", ", notes);
      return new Account(words, false, false);
    }
    Credential used = lookup.credential().get();
    List<String> others = credentials.others(host, path, used);
    String more = others.isEmpty() ? "" : "; not tried: " + String.join(", ", others);
    return new Account(used.description() + more, true, !others.isEmpty());
  }

  /** What no message may hold of the credential that was found last. */
  List<String> secrets(String host, String path) {
    CredentialStore.Lookup lookup = lookups.get(new Key(RegistryHosts.canonical(host), path));
    return lookup == null
        ? List.of()
        : lookup.credential().map(Credential::secrets).orElse(List.of());
  }
}
