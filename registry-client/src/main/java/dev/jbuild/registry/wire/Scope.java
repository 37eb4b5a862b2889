package dev.jbuild.registry.wire;

import dev.jbuild.registry.RepositoryName;
import java.util.List;
import java.util.Optional;

/**
 * What a token must allow (Docker token authentication, "Resource Scope").
 *
 * @param path the repository whose credential is used; empty for the host as such
 * @param resources {@code repository:team/app:pull,push}, sorted
 */
record Scope(String path, List<String> resources) {
  Scope {
    resources = List.copyOf(resources);
  }

  static Scope none() {
    return new Scope("", List.of());
  }

  static Scope pull(RepositoryName repository) {
    return new Scope(repository.path(), List.of("repository:" + repository.path() + ":pull"));
  }

  static Scope push(RepositoryName repository) {
    return new Scope(repository.path(), List.of("repository:" + repository.path() + ":pull,push"));
  }

  /** Push, and pull from the repository that a blob is mounted from. */
  static Scope mount(RepositoryName repository, RepositoryName from) {
    return new Scope(
        repository.path(),
        List.of(
            "repository:" + repository.path() + ":pull,push",
            "repository:" + from.path() + ":pull"));
  }

  static Scope push(RepositoryName repository, Optional<RepositoryName> from) {
    return from.map(other -> mount(repository, other)).orElseGet(() -> push(repository));
  }
}
