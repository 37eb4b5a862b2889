package dev.jbuild.registry.wire;

import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.Timeouts;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer over the JDK's client, with a limit on every phase. Follows no
 * redirect, adds no credential, repeats nothing. Clients are made on first use: one for everybody,
 * and one for each host with certificates of its own or none to speak of. Thread-safe.
 */
final class HttpWire implements AutoCloseable {
  private static final String USER_AGENT = "jbuild";

  static {
    // Otherwise the JDK drops a proxy's password on CONNECT, though the user put it into the
    // proxy's
    // URL. It looks at this once, when the first client of the process is made.
    String property = "jdk.http.auth.tunneling.disabledSchemes";
    if (System.getProperty(property) == null) {
      System.setProperty(property, "");
    }
    NameLookups.forgetFailures();
  }

  /** Whose certificate is good enough. */
  enum Trust {
    /** Nobody's: the connection is in the clear, and reading a bundle would be for nothing. */
    NOBODY,
    AUTHORITIES,
    ANYBODY
  }

  /** How a connection is secured; connections of different security are never shared. */
  record Security(Trust trust, @Nullable Path certificates) {}

  /**
   * @param responseTimeout from the last byte sent to the head of the answer
   */
  record Call(
      String method,
      URI uri,
      Map<String, String> headers,
      @Nullable Outgoing body,
      Duration responseTimeout,
      Security security) {}

  private final Timeouts timeouts;
  private final ProxySettings proxies;
  private final TlsSettings tls;
  private final Map<Security, HttpClient> clients = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private boolean closed;

  HttpWire(RegistryOptions options) {
    timeouts = options.timeouts();
    proxies = ProxySettings.from(options.environment());
    tls =
        new TlsSettings(options.environment(), options.authorities(), options.certificateFolders());
  }

  Security security(URI uri, boolean trustAnybody) {
    if (!"https".equals(uri.getScheme())) {
      return new Security(Trust.NOBODY, null);
    }
    return new Security(
        trustAnybody ? Trust.ANYBODY : Trust.AUTHORITIES, tls.folderFor(uri.getRawAuthority()));
  }

  /**
   * Sends the request and returns when the head of the answer is there. The caller closes it.
   *
   * @throws InterruptedIOException if the thread is interrupted; its interrupt status stays set
   */
  HttpResponse<BodyStream> send(Call call) throws IOException {
    boolean encrypted = "https".equals(call.uri().getScheme());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(call.uri())
            // In the clear the client would offer an upgrade to HTTP/2, which old proxies trip
            // over.
            .version(encrypted ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
            .header("User-Agent", USER_AGENT);
    call.headers().forEach(request::header);
    Outgoing body = call.body();
    if (body == null) {
      request.method(call.method(), HttpRequest.BodyPublishers.noBody());
    } else {
      request.method(call.method(), body.publisher());
      String type = body.contentType();
      if (type != null) {
        request.header("Content-Type", type);
      }
    }
    Optional<ProxySettings.Endpoint> proxy = proxies.proxyFor(call.uri());
    proxy
        .map(ProxySettings.Endpoint::authorization)
        .ifPresent(value -> request.header("Proxy-Authorization", value));
    HttpClient client = client(call.security());
    NameLookups.find(
        proxy.map(used -> used.address().getHostString()).orElseGet(call.uri()::getHost),
        threads,
        timeouts.connect());
    CompletableFuture<HttpResponse<BodyStream>> answer =
        client.sendAsync(
            request.build(), head -> new BodyStream(timeouts.idle(), timeouts.idleBytes()));
    if (proxy.isEmpty()) {
      return await(answer, call);
    }
    return ProxyFailure.checked(proxy.get(), () -> await(answer, call));
  }

  /** Whether requests to {@code uri} go through a proxy, which then looks up its name. */
  boolean isProxied(URI uri) {
    return proxies.proxyFor(uri).isPresent();
  }

  private HttpResponse<BodyStream> await(
      CompletableFuture<HttpResponse<BodyStream>> answer, Call call) throws IOException {
    Outgoing body = call.body();
    long moved = 0;
    boolean uploading = body != null && !body.isComplete();
    try {
      while (true) {
        Duration limit =
            uploading ? timeouts.idle() : call.responseTimeout().plus(timeouts.connect());
        try {
          return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          long now = body == null ? 0 : body.sent();
          boolean finished = body == null || body.isComplete();
          if (uploading && finished) {
            // The whole body is out; from here on it is the registry's turn.
            uploading = false;
            continue;
          }
          if (uploading && now - moved >= timeouts.idleBytes()) {
            moved = now;
            continue;
          }
          throw new SocketTimeoutException(
              uploading
                  ? "only " + (now - moved) + " bytes went out in " + limit.toMillis() + " ms"
                  : "no answer within " + limit.toMillis() + " ms");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      throw unwrapped(e.getCause() == null ? e : e.getCause());
    } finally {
      if (!answer.isDone()) {
        answer.cancel(true);
      }
    }
  }

  private static IOException unwrapped(Throwable cause) {
    if (cause instanceof ConnectException connect) {
      // The client leaves the message empty; the reason is one or two causes down.
      Throwable deepest = connect;
      while (deepest.getCause() != null) {
        deepest = deepest.getCause();
      }
      if (deepest instanceof java.nio.channels.UnresolvedAddressException) {
        return new UnknownHostException("it was known a moment ago");
      }
      String text = connect.getMessage();
      if (text == null) {
        text = deepest.getMessage();
      }
      ConnectException named = new ConnectException(text == null ? "connection refused" : text);
      named.initCause(cause);
      return named;
    }
    return cause instanceof IOException io ? io : new IOException(cause.toString(), cause);
  }

  private HttpClient client(Security security) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the registry client is closed");
      }
      HttpClient known = clients.get(security);
      if (known != null) {
        return known;
      }
      HttpClient made =
          HttpClient.newBuilder()
              .connectTimeout(timeouts.connect())
              .followRedirects(HttpClient.Redirect.NEVER)
              .proxy(proxies)
              .executor(threads)
              .sslContext(
                  switch (security.trust()) {
                    case NOBODY -> TlsSettings.refusing();
                    case AUTHORITIES -> tls.verifying(security.certificates());
                    case ANYBODY -> tls.trusting(security.certificates());
                  })
              .build();
      clients.put(security, made);
      return made;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      // Not close(): that waits for answers nobody wants any more.
      clients.values().forEach(HttpClient::shutdownNow);
      clients.clear();
      threads.shutdownNow();
    } finally {
      lock.unlock();
    }
  }
}
