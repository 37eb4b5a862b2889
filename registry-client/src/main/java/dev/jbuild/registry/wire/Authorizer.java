package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.BearerToken;
import dev.jbuild.registry.auth.Challenge;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.RegistryHosts;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which {@code Authorization} a request to a host carries.
 *
 * <p>A host is asked without one until it challenges; from then on its way of asking is known, and
 * tokens are fetched before they are needed and again before they end. One token is fetched for
 * each set of rights, by one thread, while the others wait for it. Thread-safe.
 */
final class Authorizer {
  /** What can be asked of a token server; the one thing here that opens a connection. */
  interface TokenServer {
    /**
     * Asks for a token.
     *
     * @throws IOException if no answer could be had; it may be asked again
     */
    BearerToken fetch(TokenRequest request) throws IOException;
  }

  /**
   * One question to a token server.
   *
   * @param host the registry it is for
   * @param path the repository whose credential it is
   */
  record TokenRequest(
      String host,
      String path,
      URI realm,
      String service,
      List<String> scopes,
      @Nullable Credential credential) {
    @Override
    public String toString() {
      return "token of " + realm.getRawAuthority();
    }
  }

  private record TokenKey(String host, Scope scope) {}

  private static final class Slot {
    final ReentrantLock lock = new ReentrantLock();
    @Nullable BearerToken token;
  }

  private final RegistryOptions options;
  private final CredentialLookups credentials;
  private final TokenServer server;
  private final Clock clock;
  private final Map<String, Challenge> challenges = new ConcurrentHashMap<>();
  private final Map<TokenKey, Slot> tokens = new ConcurrentHashMap<>();

  Authorizer(
      RegistryOptions options, CredentialLookups credentials, TokenServer server, Clock clock) {
    this.options = options;
    this.credentials = credentials;
    this.server = server;
    this.clock = clock;
  }

  /**
   * The header to send, if the host is known to want one.
   *
   * @param encrypted whether the request will go over TLS
   */
  Optional<String> header(String host, Scope scope, boolean encrypted) throws IOException {
    Challenge challenge = challenges.get(RegistryHosts.canonical(host));
    return challenge == null ? Optional.empty() : header(host, scope, challenge, encrypted);
  }

  private Optional<String> header(String host, Scope scope, Challenge challenge, boolean encrypted)
      throws IOException {
    Optional<Credential> credential = credentials.find(host, scope.path()).credential();
    if (credential.isPresent()
        && credential.get() instanceof Credential.RegistryToken(String secret, String _)) {
      return Optional.of("Bearer " + secret);
    }
    if (challenge.scheme().equals("basic")) {
      return credential.flatMap(found ->
          found instanceof Credential.Password password
              ? Optional.of(password.basicHeader())
              : Optional.empty());
    }
    return Optional.of("Bearer " + token(host, scope, challenge, credential, encrypted).secret());
  }

  private BearerToken token(
      String host,
      Scope scope,
      Challenge challenge,
      Optional<Credential> credential,
      boolean encrypted)
      throws IOException {
    Slot slot = tokens.computeIfAbsent(new TokenKey(host, scope), key -> new Slot());
    slot.lock.lock();
    try {
      BearerToken known = slot.token;
      if (known != null && known.isUsable(clock.instant())) {
        return known;
      }
      URI realm = realm(host, challenge, encrypted, credential.isPresent());
      Set<String> scopes = new LinkedHashSet<>(scope.resources());
      if (scopes.isEmpty()) {
        challenge.parameter("scope").ifPresent(text -> scopes.addAll(List.of(text.split(" "))));
      }
      BearerToken fresh =
          server.fetch(
              new TokenRequest(
                  host,
                  scope.path(),
                  realm,
                  challenge.parameter("service").orElse(""),
                  List.copyOf(scopes),
                  credential.orElse(null)));
      slot.token = fresh;
      return fresh;
    } finally {
      slot.lock.unlock();
    }
  }

  private URI realm(String host, Challenge challenge, boolean encrypted, boolean withCredential) {
    String text = challenge.parameter("realm").orElse("");
    URI realm;
    try {
      realm = new URI(text);
    } catch (URISyntaxException e) {
      realm = URI.create("");
    }
    if (realm.getHost() == null
        || !("https".equals(realm.getScheme()) || "http".equals(realm.getScheme()))) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "registry " + host + " names \"" + text + "\" as its token server, which is no URL");
    }
    boolean plain = "http".equals(realm.getScheme());
    boolean allowed =
        RegistryHosts.isLoopback(realm.getRawAuthority())
            || options.isInsecure(realm.getRawAuthority())
            || (!encrypted && options.isInsecure(host));
    if (plain && withCredential && !allowed) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAUTHORIZED,
          "registry "
              + host
              + " wants the credential sent to "
              + realm.getRawAuthority()
              + " in the clear",
          "if that is meant, name it with --insecure-registry " + realm.getRawAuthority(),
          null);
    }
    return realm;
  }

  /**
   * Takes a 401's challenges.
   *
   * @param sent the header the refused request carried, if any
   * @return whether another attempt would carry something else
   */
  boolean challenged(
      String host, Scope scope, List<Challenge> offered, @Nullable String sent, boolean encrypted)
      throws IOException {
    Challenge chosen = null;
    for (Challenge challenge : offered) {
      boolean known = challenge.scheme().equals("bearer") || challenge.scheme().equals("basic");
      if (known && (chosen == null || challenge.scheme().equals("bearer"))) {
        chosen = challenge;
      }
    }
    if (chosen == null) {
      return false;
    }
    challenges.put(RegistryHosts.canonical(host), chosen);
    if (sent != null && sent.startsWith("Bearer ")) {
      Slot slot = tokens.get(new TokenKey(host, scope));
      if (slot != null) {
        slot.lock.lock();
        try {
          // Another thread may have fetched a new one already.
          BearerToken known = slot.token;
          if (known != null && sent.equals("Bearer " + known.secret())) {
            slot.token = null;
          }
        } finally {
          slot.lock.unlock();
        }
      }
    } else if (sent != null) {
      // A password may have been changed under us: a helper hands out short-lived ones.
      credentials.refused(host, scope.path());
    }
    Optional<String> next = header(host, scope, chosen, encrypted);
    return next.isPresent() && !next.get().equals(sent);
  }

  /** What requests for these rights have carried, and no message may hold. */
  List<String> secrets(String host, Scope scope) {
    List<String> all = new ArrayList<>(credentials.secrets(host, scope.path()));
    Slot slot = tokens.get(new TokenKey(host, scope));
    if (slot != null) {
      slot.lock.lock();
      try {
        if (slot.token != null) {
          all.add(slot.token.secret());
        }
      } finally {
        slot.lock.unlock();
      }
    }
    return all;
  }
}
