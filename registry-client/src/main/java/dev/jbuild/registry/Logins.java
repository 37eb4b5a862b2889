package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.auth.AuthFiles;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.LoginFile;
import dev.jbuild.registry.auth.RegistryHosts;
import java.util.Optional;

/**
 * {@code login} and {@code logout}: checks a password with the registry before it is kept. What is
 * logged in to is a registry, or the repositories below a path of it ({@code quay.io/team}).
 */
public final class Logins {
  private final Registry registry;
  private final AuthFiles files;
  private final LoginFile file;

  public Logins(Registry registry, RegistryOptions options) {
    this.registry = registry;
    files = AuthFiles.from(options.environment(), options.timeouts().helper());
    file = AuthFiles.forLogin(options.environment(), options.timeouts().helper());
  }

  /**
   * What became of a login.
   *
   * @param place where it is kept, in words
   * @param hidden the credential that is used all the same, since its file is read before
   */
  public record Kept(String place, Optional<String> hidden) {}

  /**
   * Keeps the password, if the registry accepts it. Whether it is good for the path cannot be
   * asked.
   *
   * @param place {@code HOST} or {@code HOST/PATH}
   * @param secret never taken from a command line, where other users can read it
   * @throws RegistryFailure of kind {@code UNAUTHORIZED} if the registry refuses; nothing is kept
   */
  public Kept login(String place, String user, String secret) {
    Place target = Place.parse(place);
    Credential.Password password = new Credential.Password(user, secret, "the login");
    registry.checkLogin(target.host, password);
    String where = file.store(target.host, target.path, user, secret);
    Optional<String> hidden =
        files
            .hiding(file.path(), target.host, target.path)
            .filter(other -> !other.secrets().equals(password.secrets()))
            .map(Credential::description);
    return new Kept(where, hidden);
  }

  /**
   * Forgets what is kept for the place, and for none below it.
   *
   * @return whether there was something
   */
  public boolean logout(String place) {
    Place target = Place.parse(place);
    return file.erase(target.host, target.path);
  }

  /**
   * What a login is for.
   *
   * @param path empty for all of the host
   */
  private record Place(String host, String path) {
    static Place parse(String text) {
      String key = RegistryHosts.canonicalKey(text);
      int slash = key.indexOf('/');
      if (slash < 0) {
        return new Place(key, "");
      }
      String path = key.substring(slash + 1);
      if (path.indexOf(':') >= 0 || path.indexOf('@') >= 0) {
        throw new BuildFailure(
            BuildFailure.Kind.USER,
            "\"" + text + "\" has a tag or a digest, and logins are for repositories",
            "write \"" + key.substring(0, slash + 1) + path.split("[:@]", 2)[0] + "\"",
            null);
      }
      RepositoryName repository = new RepositoryName(key.substring(0, slash), path);
      return new Place(repository.host(), repository.path());
    }
  }
}
