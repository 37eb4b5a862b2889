package dev.jbuild.registry;

import dev.jbuild.oci.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which repositories are known to hold a blob: where it can be mounted from, or fetched from if
 * somebody needs it after all. Thread-safe.
 */
final class Origins {
  private final Map<Digest, List<RepositoryName>> known = new ConcurrentHashMap<>();

  void add(Digest blob, List<RepositoryName> repositories) {
    known.merge(
        blob,
        List.copyOf(repositories),
        (before, more) -> {
          List<RepositoryName> both = new ArrayList<>(before);
          more.stream().filter(name -> !both.contains(name)).forEach(both::add);
          return List.copyOf(both);
        });
  }

  /** All of them, the best first; empty if there are none. */
  List<RepositoryName> of(Digest blob) {
    return known.getOrDefault(blob, List.of());
  }

  /** One on this host other than {@code target}. */
  Optional<RepositoryName> mountable(Digest blob, RepositoryName target) {
    return of(blob).stream()
        .filter(name -> name.host().equals(target.host()) && !name.equals(target))
        .findFirst();
  }
}
