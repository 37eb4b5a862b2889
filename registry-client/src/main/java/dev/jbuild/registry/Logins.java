package dev.jbuild.registry;

import dev.jbuild.registry.auth.AuthFile;
import dev.jbuild.registry.auth.AuthFiles;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.RegistryHosts;

/** {@code login} and {@code logout}: checks a password with the registry before it is kept. */
public final class Logins {
  private final Registry registry;
  private final AuthFile file;

  public Logins(Registry registry, RegistryOptions options) {
    this.registry = registry;
    file = AuthFiles.forLogin(options.environment(), options.timeouts().helper());
  }

  /**
   * Keeps the password for the host, if the registry accepts it.
   *
   * @param secret never taken from a command line, where other users can read it
   * @return where it is kept, in words
   * @throws RegistryFailure of kind {@code UNAUTHORIZED} if the registry refuses; nothing is kept
   */
  public String login(String host, String user, String secret) {
    String name = RegistryHosts.canonical(host);
    registry.checkLogin(name, new Credential.Password(user, secret, "the login"));
    return file.store(name, user, secret);
  }

  /**
   * Forgets what is kept for the host.
   *
   * @return whether there was something
   */
  public boolean logout(String host) {
    return file.erase(RegistryHosts.canonical(host));
  }
}
