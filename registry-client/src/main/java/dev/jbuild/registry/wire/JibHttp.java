package dev.jbuild.registry.wire;

import com.google.api.client.http.ByteArrayContent;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.event.EventHandlers;
import com.google.cloud.tools.jib.http.Authorization;
import com.google.cloud.tools.jib.http.Request;
import com.google.cloud.tools.jib.http.Response;
import com.google.cloud.tools.jib.http.ResponseException;
import com.google.cloud.tools.jib.registry.RegistryClient;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.auth.Challenge;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.auth.RegistryHosts;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Requests through Jib's HTTP layer, let in by our credentials. */
final class JibHttp implements AutoCloseable {

  private final RegistryOptions options;
  private final CredentialStore credentials;
  private final JibConnections connections;
  private final Authorizer authorizer;
  private final JibFailures failures;

  JibHttp(RegistryOptions options, CredentialStore credentials) {
    this.options = options;
    this.credentials = credentials;
    connections = new JibConnections(options);
    Clock clock = Clock.systemUTC();
    CredentialLookups lookups = new CredentialLookups(credentials);
    JibTokenServer tokens = new JibTokenServer(options, connections, lookups, clock);
    authorizer = new Authorizer(options, lookups, tokens, clock);
    failures = new JibFailures(credentials, authorizer, clock);
  }

  /** An answer with a good status. The caller closes it. */
  final class Answer implements AutoCloseable {
    private final Response response;

    Answer(Response response) {
      this.response = response;
    }

    int status() {
      return response.getStatusCode();
    }

    Optional<String> header(String name) {
      return headers(name).stream().findFirst();
    }

    List<String> headers(String name) {
      return response.getHeader(name);
    }

    URI uri() {
      return response.getRequestUrl().toURI();
    }

    InputStream body() throws IOException {
      InputStream body = response.getBody();
      return body == null ? InputStream.nullInputStream() : body;
    }

    @Override
    public void close() {
      connections.breakOff();
      try {
        response.close();
      } catch (IOException e) {
        // It wants to read the rest of the body, of which there may be no end.
      }
    }
  }

  /** As {@link JibConnections#breakOff}. */
  void breakOff() {
    connections.breakOff();
  }

  /** As {@link JibFailures#translated}. */
  IOException translated(String method, Action action, Scope scope, Exception e) {
    return failures.translated(method, action, scope, e);
  }

  /** Jib's client for a repository, after it has got what it needs to be let in. */
  RegistryClient authenticated(RepositoryName repository, Action action, Scope scope, boolean push)
      throws IOException {
    RegistryClient.Factory factory =
        RegistryClient.factory(
                EventHandlers.NONE,
                RegistryHosts.apiHost(repository.host()),
                repository.path(),
                connections.client(repository.host()))
            .setUserAgent("jbuild");
    Optional<Credential> credential =
        credentials.find(repository.host(), repository.path()).credential();
    boolean basic = false;
    if (credential.isPresent()) {
      switch (credential.get()) {
        case Credential.Password(String user, String secret, String _) -> {
          factory.setCredential(com.google.cloud.tools.jib.api.Credential.from(user, secret));
          basic = true;
        }
        case Credential.IdentityToken(String secret, String _) ->
            factory.setCredential(
                com.google.cloud.tools.jib.api.Credential.from("<token>", secret));
        case Credential.RegistryToken _ ->
            throw new BuildFailure(
                BuildFailure.Kind.UNSUPPORTED,
                "Jib cannot send a registry token; use the default transport");
      }
    }
    RegistryClient client = factory.newRegistryClient();
    try {
      boolean bearer = push ? client.doPushBearerAuth() : client.doPullBearerAuth();
      if (!bearer && basic) {
        client.configureBasicAuth();
      }
      return client;
    } catch (RegistryException | IOException e) {
      throw failures.translated("GET", action, scope, e);
    }
  }

  /**
   * Sends a request of our own.
   *
   * @param path with query
   */
  Answer call(String method, Action action, Scope scope, String path, List<String> accept)
      throws IOException {
    String authority = RegistryHosts.apiHost(action.host());
    URI uri = URI.create("https://" + authority + path);
    boolean encrypted = !RegistryHosts.isLoopback(authority) && !options.isInsecure(action.host());
    boolean challenged = false;
    while (true) {
      String header = authorizer.header(action.host(), scope, encrypted).orElse(null);
      Request.Builder request = new Request.Builder().setUserAgent("jbuild");
      request.setHttpTimeout((int) options.timeouts().response().toMillis());
      if (!accept.isEmpty()) {
        request.setAccept(accept);
      }
      if (header != null) {
        request.setAuthorization(authorization(header));
      }
      if (method.equals("POST")) {
        request.setBody(new ByteArrayContent("application/octet-stream", new byte[0]));
      }
      try {
        return new Answer(
            connections.client(action.host()).call(method, uri.toURL(), request.build()));
      } catch (ResponseException e) {
        if (e.getStatusCode() == 401 && !challenged) {
          List<String> offered = new ArrayList<>();
          List<String> values = e.getHeaders().getAuthenticateAsList();
          if (values != null) {
            offered.addAll(values);
          }
          challenged = true;
          if (authorizer.challenged(
              action.host(), scope, Challenge.parse(offered), header, encrypted)) {
            continue;
          }
        }
        throw failures.translated(method, action, scope, e);
      } catch (IOException e) {
        throw failures.translated(method, action, scope, e);
      }
    }
  }

  private static Authorization authorization(String header) {
    int space = header.indexOf(' ');
    String value = header.substring(space + 1);
    if (header.startsWith("Bearer ")) {
      return Authorization.fromBearerToken(value);
    }
    String pair = new String(java.util.Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
    int colon = pair.indexOf(':');
    return Authorization.fromBasicCredentials(pair.substring(0, colon), pair.substring(colon + 1));
  }

  /** Takes back an upload; whether it works does not matter. */
  void abandon(Action action, Scope scope, String path) {
    try (Answer answer = call("DELETE", action, scope, path, List.of())) {
      answer.body().close();
    } catch (IOException | RegistryFailure e) {
      // It goes away by itself in time.
      return;
    }
  }

  @Override
  public void close() {
    connections.close();
  }
}
