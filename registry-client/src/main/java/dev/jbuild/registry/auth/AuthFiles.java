package dev.jbuild.registry.auth;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The credential files of a person or a CI job, in this order; the first that has an entry wins:
 *
 * <ol>
 *   <li>{@code $REGISTRY_AUTH_FILE}
 *   <li>{@code $DOCKER_CONFIG/config.json}
 *   <li>{@code $XDG_RUNTIME_DIR/containers/auth.json}
 *   <li>{@code $XDG_CONFIG_HOME/containers/auth.json}, else {@code ~/.config/containers/auth.json}
 *   <li>{@code ~/.docker/config.json}
 *   <li>{@code ~/.dockercfg}, Docker's file of before 2014
 * </ol>
 *
 * <p>Files are read when a registry first asks for credentials and again when they change, so a
 * server sees a new login. Thread-safe.
 */
public final class AuthFiles implements CredentialStore {
  private final List<AuthFile> files;

  private AuthFiles(List<AuthFile> files) {
    this.files = List.copyOf(files);
  }

  /**
   * The files that this environment points at.
   *
   * @param helperTimeout how long a credential helper may take
   */
  public static AuthFiles from(Map<String, String> environment, Duration helperTimeout) {
    List<AuthFile> files = new ArrayList<>();
    CredentialHelpers helpers = new CredentialHelpers(environment, helperTimeout);
    for (Path path : paths(environment)) {
      files.add(new AuthFile(path, helpers));
    }
    return new AuthFiles(files);
  }

  private static List<Path> paths(Map<String, String> environment) {
    List<Path> paths = new ArrayList<>();
    value(environment, "REGISTRY_AUTH_FILE").ifPresent(file -> paths.add(Path.of(file)));
    value(environment, "DOCKER_CONFIG")
        .ifPresent(folder -> paths.add(Path.of(folder, "config.json")));
    value(environment, "XDG_RUNTIME_DIR")
        .ifPresent(folder -> paths.add(Path.of(folder, "containers", "auth.json")));
    Optional<String> home = value(environment, "HOME");
    value(environment, "XDG_CONFIG_HOME")
        .or(() -> home.map(folder -> folder + "/.config"))
        .ifPresent(folder -> paths.add(Path.of(folder, "containers", "auth.json")));
    home.ifPresent(folder -> paths.add(Path.of(folder, ".docker", "config.json")));
    home.ifPresent(folder -> paths.add(Path.of(folder, ".dockercfg")));
    return paths.stream().distinct().toList();
  }

  private static Optional<String> value(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
  }

  /**
   * The file that {@code login} and {@code logout} change: {@code $REGISTRY_AUTH_FILE}, else {@code
   * $DOCKER_CONFIG/config.json}, else {@code ~/.docker/config.json}.
   */
  public static LoginFile forLogin(Map<String, String> environment, Duration helperTimeout) {
    Path path =
        value(environment, "REGISTRY_AUTH_FILE")
            .map(Path::of)
            .or(() ->
                value(environment, "DOCKER_CONFIG").map(folder -> Path.of(folder, "config.json")))
            .orElseGet(
                () -> Path.of(environment.getOrDefault("HOME", "/"), ".docker", "config.json"));
    return new LoginFile(path, new CredentialHelpers(environment, helperTimeout));
  }

  @Override
  public Lookup find(String host, String repository) {
    List<String> notes = new ArrayList<>();
    for (AuthFile file : files) {
      Optional<Credential> found = file.find(host, repository, notes);
      if (found.isPresent()) {
        return new Lookup(found, notes);
      }
    }
    return new Lookup(Optional.empty(), notes);
  }

  @Override
  public List<String> others(String host, String repository, Credential used) {
    List<String> others = new ArrayList<>();
    for (AuthFile file : files) {
      others.addAll(file.others(host, repository, used));
    }
    return others;
  }

  /**
   * What is used instead of an entry of {@code later}, since it stands in a file that is read
   * before that one.
   */
  public Optional<Credential> hiding(Path later, String host, String repository) {
    for (AuthFile file : files) {
      if (file.path().equals(later)) {
        return Optional.empty();
      }
      Optional<Credential> found = file.find(host, repository, new ArrayList<>());
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }
}
