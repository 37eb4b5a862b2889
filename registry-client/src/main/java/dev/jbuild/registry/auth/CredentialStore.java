package dev.jbuild.registry.auth;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the credential for a repository. Implementations are safe for many threads. */
@FunctionalInterface
public interface CredentialStore {

  /**
   * Looks for the credential of {@code repository} on {@code host}.
   *
   * @param host the registry as a person names it: {@code docker.io}, {@code ghcr.io}, {@code
   *     127.0.0.1:5000}
   * @param repository the path below it, empty when the registry itself is meant
   */
  Lookup find(String host, String repository);

  /**
   * What else is kept for that repository and was not used, in words fit for an error message: an
   * entry of a file that is read later, or for a shorter path. Asks no helper.
   *
   * @param used what {@link #find} gave; the same secret elsewhere is no other credential
   */
  default List<String> others(String host, String repository, Credential used) {
    return List.of();
  }

  /** Never finds anything. */
  static CredentialStore anonymous() {
    return (host, repository) -> new Lookup(Optional.empty(), List.of());
  }

  /** Always the same credential for one host; falls through to {@code next} for every other. */
  static CredentialStore fixed(String host, Credential credential, CredentialStore next) {
    String wanted = RegistryHosts.canonical(host);
    return (asked, repository) ->
        RegistryHosts.canonical(asked).equals(wanted)
            ? new Lookup(Optional.of(credential), List.of(credential.source()))
            : next.find(asked, repository);
  }

  /** This one, and {@code next} for what is not found here; notes are those of both. */
  default CredentialStore orElse(CredentialStore next) {
    return (host, repository) -> {
      Lookup own = find(host, repository);
      if (own.credential().isPresent()) {
        return own;
      }
      Lookup other = next.find(host, repository);
      List<String> notes = new ArrayList<>(own.notes());
      notes.addAll(other.notes());
      return new Lookup(other.credential(), notes);
    };
  }

  /**
   * The outcome of a search.
   *
   * @param credential what was found
   * @param notes what a person needs to know when access is then denied: the places that were
   *     searched, and what was wrong with any of them
   */
  record Lookup(Optional<Credential> credential, List<String> notes) {
    public Lookup {
      notes = List.copyOf(notes);
    }
  }
}
