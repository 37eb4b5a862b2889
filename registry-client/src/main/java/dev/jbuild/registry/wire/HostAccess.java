package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.RegistryHosts;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * How each host is reached: by TLS, or in the clear where that is allowed, and by how many
 * connections at a time. A host is looked at once.
 *
 * <p>Every host but two kinds is spoken to over verified TLS and is never asked first. A loopback
 * address is asked in the clear first, since that is what a registry on the same machine mostly
 * speaks. A host that was named insecure is asked for TLS first, with any certificate, and in the
 * clear after that.
 */
final class HostAccess {
  private static final Duration PROBE = Duration.ofSeconds(15);
  private static final int PROBE_BODY = 4096;

  /** A host as it is reached. */
  record Base(String scheme, String authority, boolean trustAnybody) {
    URI uri(String path) {
      return URI.create(scheme + "://" + authority + path);
    }

    /** Whether a request to {@code uri} goes to this very host, so that it may see credentials. */
    boolean isOrigin(URI uri) {
      URI own = uri("");
      return scheme.equalsIgnoreCase(uri.getScheme())
          && own.getHost().equalsIgnoreCase(uri.getHost())
          && port(own) == port(uri);
    }

    /**
     * Whether {@code location} is this host of TLS, as a proxy before it that does not know of the
     * TLS outside would write it: with http, and with the port of either scheme or none.
     */
    boolean isMeantBy(URI location) {
      URI own = uri("");
      if (!"http".equalsIgnoreCase(location.getScheme())
          || !own.getHost().equalsIgnoreCase(location.getHost())) {
        return false;
      }
      return location.getPort() == own.getPort()
          || port(own) == (port(location) == 80 ? 443 : port(location));
    }

    /** The port, also where it is not written: {@code registry:443} is {@code registry}. */
    private static int port(URI uri) {
      int written = uri.getPort();
      return written >= 0 ? written : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    boolean isEncrypted() {
      return scheme.equals("https");
    }
  }

  private static final class Host {
    final ReentrantLock lock = new ReentrantLock();
    final Semaphore connections;
    volatile @Nullable Base base;

    Host(int connections) {
      this.connections = new Semaphore(connections, true);
    }
  }

  private final RegistryOptions options;
  private final HttpWire wire;
  private final Map<String, Host> hosts = new ConcurrentHashMap<>();

  HostAccess(RegistryOptions options, HttpWire wire) {
    this.options = options;
    this.wire = wire;
  }

  /** Room for one more request to the host; released by whoever ends the request. */
  Semaphore connections(String authority) {
    return host(authority).connections;
  }

  private Host host(String name) {
    return hosts.computeIfAbsent(name, key -> new Host(options.connectionsPerHost()));
  }

  /**
   * How to reach the host.
   *
   * @throws IOException if it can be reached in no way
   */
  Base base(String name) throws IOException {
    String authority = RegistryHosts.apiHost(name);
    Host host = host(authority);
    Base known = host.base;
    if (known != null) {
      return known;
    }
    boolean insecure = options.isInsecure(name);
    if (!insecure && !RegistryHosts.isLoopback(authority)) {
      Base verified = new Base("https", authority, false);
      host.base = verified;
      return verified;
    }
    host.lock.lock();
    try {
      Base found = host.base;
      if (found == null) {
        found = insecure ? insecure(authority) : loopback(authority);
        host.base = found;
      }
      return found;
    } finally {
      host.lock.unlock();
    }
  }

  private Base loopback(String authority) throws IOException {
    Base plain = new Base("http", authority, false);
    Base encrypted = new Base("https", authority, false);
    try {
      return speaks(plain) ? plain : encrypted;
    } catch (InterruptedIOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      return tried(encrypted, e);
    } catch (java.net.ConnectException e) {
      throw e;
    } catch (IOException e) {
      // A TLS server answers plain text with an alert or hangs up.
      return tried(encrypted, e);
    }
  }

  private Base tried(Base encrypted, IOException inTheClear) throws IOException {
    try {
      speaks(encrypted);
      return encrypted;
    } catch (SSLException e) {
      // It does speak TLS, and the certificate is what is wrong.
      if (isCertificate(e)) {
        throw e;
      }
      throw inTheClear;
    } catch (IOException e) {
      throw inTheClear;
    }
  }

  private Base insecure(String authority) throws IOException {
    Base encrypted = new Base("https", authority, true);
    Base plain = new Base("http", authority, false);
    try {
      speaks(encrypted);
      return encrypted;
    } catch (IOException e) {
      // A name that cannot be looked up says nothing of TLS, and may be there a moment later; but
      // where only plain http has a proxy, that may be who knows it.
      boolean unknown = e instanceof UnknownHostException && !wire.isProxied(plain.uri("/v2/"));
      if (Thread.currentThread().isInterrupted() || unknown) {
        throw e;
      }
      try {
        if (speaks(plain)) {
          return plain;
        }
      } catch (IOException second) {
        second.addSuppressed(e);
        throw second;
      }
      throw e;
    }
  }

  static boolean isCertificate(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof java.security.cert.CertificateException
          || at instanceof java.security.cert.CertPathValidatorException
          || at instanceof java.security.cert.CertPathBuilderException) {
        return true;
      }
    }
    return false;
  }

  /** Whether the host answers at all in this way, and not just to say that it wants TLS. */
  private boolean speaks(Base base) throws IOException {
    URI uri = base.uri("/v2/");
    HttpWire.Call call =
        new HttpWire.Call(
            "GET",
            uri,
            Map.of("Accept", "application/json"),
            null,
            min(PROBE, options.timeouts().response()),
            wire.security(uri, base.trustAnybody()));
    HttpResponse<BodyStream> answer = wire.send(call);
    try (BodyStream body = answer.body()) {
      if (answer.statusCode() != 400 || base.isEncrypted()) {
        return true;
      }
      // Go's and nginx's servers both say so in a 400.
      String text = new String(body.readNBytes(PROBE_BODY), StandardCharsets.UTF_8);
      return !text.contains("HTTPS");
    }
  }

  private static Duration min(Duration left, Duration right) {
    return left.compareTo(right) < 0 ? left : right;
  }

  /** What to do about a host that cannot be reached, if that is known. */
  static List<String> hints(String host, IOException failure) {
    if (isCertificate(failure)) {
      return List.of(
          "give the registry's CA with --registry-ca FILE, or name the host with "
              + "--insecure-registry "
              + host);
    }
    if (String.valueOf(failure.getMessage()).contains("certificate_required")) {
      return List.of(clientCertificate(host));
    }
    if (failure instanceof UnknownHostException && host.equals("registry-1.docker.io")) {
      return List.of(
          "a name without a host is one of Docker Hub: write another registry before it, as in"
              + " HOST[:PORT]/PATH");
    }
    if (failure instanceof ProxyFailure.Unreachable proxy) {
      return List.of(proxy.hint(RegistryHosts.hostOnly(host)));
    }
    if (failure instanceof ConnectException && !host.matches(".*:[0-9]+")) {
      return List.of(
          "nothing listens at the ports of https and http there: if the registry has another port,"
              + " write "
              + host
              + ":PORT");
    }
    if (failure instanceof ConnectException) {
      return List.of("nothing listens there: start the registry, or check host and port");
    }
    if (failure instanceof SSLException) {
      return List.of("if the registry speaks plain HTTP, name it with --insecure-registry " + host);
    }
    return List.of();
  }

  static String clientCertificate(String host) {
    return "if the registry wants a client certificate, put it as client.cert and client.key into"
        + " the folder certs.d/"
        + host
        + " below ~/.config/containers or ~/.docker";
  }

  static BuildFailure cancelled(Throwable cause) {
    return new BuildFailure(BuildFailure.Kind.CANCELLED, "cancelled", cause);
  }
}
