package dev.jbuild.registry.wire;

import com.google.api.client.http.ByteArrayContent;
import com.google.api.client.http.HttpResponseException;
import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.apache.v2.ApacheHttpTransport;
import com.google.cloud.tools.jib.api.RegistryAuthenticationFailedException;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.event.EventHandlers;
import com.google.cloud.tools.jib.http.Authorization;
import com.google.cloud.tools.jib.http.FailoverHttpClient;
import com.google.cloud.tools.jib.http.Request;
import com.google.cloud.tools.jib.http.Response;
import com.google.cloud.tools.jib.http.ResponseException;
import com.google.cloud.tools.jib.registry.RegistryClient;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.auth.BearerToken;
import dev.jbuild.registry.auth.Challenge;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.auth.RegistryHosts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.apache.http.conn.ssl.NoopHostnameVerifier;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.conn.SystemDefaultRoutePlanner;
import org.jspecify.annotations.Nullable;

/** Jib's HTTP layer with our credentials, certificates, proxies and words for failures. */
final class JibHttp implements AutoCloseable, Authorizer.TokenServer {
  private static final int TOKEN_LIMIT = 1 << 20;
  private static final String TIMEOUT = "jib.httpTimeout";

  static {
    NameLookups.forgetFailures();
  }

  private final RegistryOptions options;
  private final CredentialStore credentials;
  private final ProxySettings proxies;
  private final TlsSettings tls;
  private final Authorizer authorizer;
  private final Clock clock = Clock.systemUTC();
  private final Map<String, FailoverHttpClient> clients = new ConcurrentHashMap<>();

  /** The connection each thread is using: Jib opens one for each request, in the asking thread. */
  private final Map<Thread, HttpTransport> inUse = new ConcurrentHashMap<>();

  JibHttp(RegistryOptions options, CredentialStore credentials) {
    this.options = options;
    this.credentials = credentials;
    proxies = ProxySettings.from(options.environment());
    tls =
        new TlsSettings(options.environment(), options.authorities(), options.certificateFolders());
    authorizer = new Authorizer(options, credentials, this, clock);
    if (System.getProperty(TIMEOUT) == null) {
      // Jib has no other way to be told.
      System.setProperty(TIMEOUT, Long.toString(options.timeouts().response().toMillis()));
    }
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
      breakOff();
      try {
        response.close();
      } catch (IOException e) {
        // It wants to read the rest of the body, of which there may be no end.
      }
    }
  }

  /**
   * Closes the connection of this thread's request. Jib and the layers below it read a body to its
   * end when they let go of it, however long that takes; without a connection they cannot.
   */
  void breakOff() {
    HttpTransport transport = inUse.remove(Thread.currentThread());
    if (transport != null) {
      try {
        transport.shutdown();
      } catch (IOException e) {
        // Then it is closed.
      }
    }
  }

  private FailoverHttpClient client(String host) {
    return clients.computeIfAbsent(host, this::open);
  }

  private FailoverHttpClient open(String host) {
    boolean loopback = RegistryHosts.isLoopback(host);
    boolean insecure = options.isInsecure(host);
    Consumer<com.google.cloud.tools.jib.api.LogEvent> silent = event -> {};
    SSLContext verifying = tls.verifying(tls.folderFor(host));
    SSLContext trusting = tls.trusting(tls.folderFor(host));
    Supplier<HttpTransport> secure = () -> transport(verifying, false);
    // For loopback the failover is for plain HTTP; a certificate there is still verified.
    Supplier<HttpTransport> lenient = () -> transport(insecure ? trusting : verifying, insecure);
    try {
      // Public is only a constructor without a say in certificates and proxies.
      Constructor<FailoverHttpClient> constructor =
          FailoverHttpClient.class.getDeclaredConstructor(
              boolean.class,
              boolean.class,
              Consumer.class,
              Supplier.class,
              Supplier.class,
              boolean.class);
      constructor.setAccessible(true);
      return constructor.newInstance(
          loopback || insecure, loopback || insecure, silent, secure, lenient, false);
    } catch (NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "this version of Jib core cannot be used", e);
    }
  }

  private HttpTransport transport(SSLContext context, boolean anyName) {
    SSLConnectionSocketFactory sockets =
        anyName
            ? new SSLConnectionSocketFactory(context, NoopHostnameVerifier.INSTANCE)
            : new SSLConnectionSocketFactory(context);
    HttpClientBuilder builder =
        ApacheHttpTransport.newDefaultHttpClientBuilder()
            .setSSLSocketFactory(sockets)
            .setRoutePlanner(new SystemDefaultRoutePlanner(proxies));
    HttpTransport transport = new ApacheHttpTransport(builder.build());
    inUse.put(Thread.currentThread(), transport);
    return transport;
  }

  /** Jib's client for a repository, after it has got what it needs to be let in. */
  RegistryClient authenticated(RepositoryName repository, Action action, Scope scope, boolean push)
      throws IOException {
    RegistryClient.Factory factory =
        RegistryClient.factory(
                EventHandlers.NONE,
                RegistryHosts.apiHost(repository.host()),
                repository.path(),
                client(repository.host()))
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
      throw translated("GET", action, scope, e);
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
        return new Answer(client(action.host()).call(method, uri.toURL(), request.build()));
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
        throw translated(method, action, scope, e);
      } catch (IOException e) {
        throw translated(method, action, scope, e);
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

  /**
   * A failure of Jib's in our words.
   *
   * @return what another attempt may mend
   * @throws RegistryFailure what it will not
   */
  IOException translated(String method, Action action, Scope scope, Exception e) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof BuildFailure failure) {
        throw failure;
      }
      if (at instanceof ResponseException response) {
        return answered(
            method,
            action,
            scope,
            response.getStatusCode(),
            response.getContent(),
            Optional.ofNullable(response.getHeaders().getFirstHeaderStringValue("Retry-After")));
      }
      if (at instanceof HttpResponseException response) {
        return answered(
            method,
            action,
            scope,
            response.getStatusCode(),
            response.getContent(),
            Optional.ofNullable(response.getHeaders().getFirstHeaderStringValue("Retry-After")));
      }
    }
    if (e instanceof RegistryAuthenticationFailedException) {
      Authorizer.Account account = account(action, scope);
      throw new RegistryFailure(
          BuildFailure.Kind.UNAUTHORIZED,
          method,
          action.host(),
          401,
          null,
          action + ": " + account.words() + " is not accepted",
          account.hides() ? Refusal.HIDDEN : "run \"jbuild login " + action.host() + "\"",
          e);
    }
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof IOException io && !(at instanceof RegistryException)) {
        return io;
      }
    }
    return new IOException(e.getMessage(), e);
  }

  private IOException answered(
      String method,
      Action action,
      Scope scope,
      int status,
      @Nullable String content,
      Optional<String> retryAfter) {
    byte[] body = content == null ? new byte[0] : content.getBytes(StandardCharsets.UTF_8);
    Optional<Credential> credential = credentials.find(action.host(), action.path()).credential();
    List<String> secrets = new ArrayList<>(authorizer.secrets(action.host(), scope));
    credential.ifPresent(used -> secrets.addAll(used.secrets()));
    ErrorAnswer said = ErrorAnswer.read(new ByteArrayInputStream(body), Optional.empty(), secrets);
    RegistryFailure failure =
        Refusal.of(
            method,
            action,
            action + ": " + method,
            status,
            said,
            account(action, scope),
            List.of(),
            // Not Jib's own: its text has the URL with its query, which may be a key to the upload.
            null);
    if (Refusal.isTransient(status)) {
      return new TransientFailure(failure, ErrorAnswer.retryAfter(retryAfter, clock).orElse(null));
    }
    throw failure;
  }

  private Authorizer.Account account(Action action, Scope scope) {
    CredentialStore.Lookup lookup = credentials.find(action.host(), scope.path());
    return Authorizer.account(credentials, action.host(), scope.path(), lookup);
  }

  @Override
  public BearerToken fetch(Authorizer.TokenRequest request) throws IOException {
    StringBuilder query = new StringBuilder("client_id=jbuild");
    query.append("&service=").append(encoded(request.service()));
    request.scopes().forEach(scope -> query.append("&scope=").append(encoded(scope)));
    Request.Builder builder = new Request.Builder().setUserAgent("jbuild");
    builder.setHttpTimeout((int) options.timeouts().response().toMillis());
    URI realm = request.realm();
    FailoverHttpClient client = client(realm.getRawAuthority());
    try {
      Response response;
      if (request.credential() instanceof Credential.IdentityToken(String secret, String _)) {
        query.append("&grant_type=refresh_token&refresh_token=").append(encoded(secret));
        builder.setBody(
            ByteArrayContent.fromString("application/x-www-form-urlencoded", query.toString()));
        response = client.post(realm.toURL(), builder.build());
      } else {
        if (request.credential() instanceof Credential.Password password) {
          builder.setAuthorization(
              Authorization.fromBasicCredentials(password.user(), password.secret()));
        }
        String text = realm + (realm.getRawQuery() == null ? "?" : "&") + query;
        response = client.get(URI.create(text).toURL(), builder.build());
      }
      try (response) {
        byte[] json = response.getBody().readNBytes(TOKEN_LIMIT);
        return BearerToken.parse(json, realm.getRawAuthority(), clock.instant());
      }
    } catch (ResponseException e) {
      RegistryFailure refused = authorizer.refused(request, e.getStatusCode(), "");
      if (Refusal.isTransient(e.getStatusCode())) {
        throw new TransientFailure(refused, null);
      }
      throw refused;
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    for (FailoverHttpClient client : clients.values()) {
      try {
        client.shutDown();
      } catch (IOException e) {
        // A connection that cannot be closed is closed by the other side.
      }
    }
  }
}
