package dev.jbuild.registry.wire;

import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.apache.v2.ApacheHttpTransport;
import com.google.cloud.tools.jib.http.FailoverHttpClient;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.RegistryHosts;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.apache.http.conn.ssl.NoopHostnameVerifier;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.conn.SystemDefaultRoutePlanner;

/**
 * Jib's HTTP clients, one for each host, with our certificates, proxies and time-outs. Safe for
 * many threads; {@link #breakOff} is for the one that has sent the request.
 */
final class JibConnections implements AutoCloseable {
  private static final String TIMEOUT = "jib.httpTimeout";

  static {
    NameLookups.forgetFailures();
  }

  private final RegistryOptions options;
  private final ProxySettings proxies;
  private final TlsSettings tls;
  private final Map<String, FailoverHttpClient> clients = new ConcurrentHashMap<>();

  /** The connection each thread is using: Jib opens one for each request, in the asking thread. */
  private final Map<Thread, HttpTransport> inUse = new ConcurrentHashMap<>();

  JibConnections(RegistryOptions options) {
    this.options = options;
    proxies = ProxySettings.from(options.environment());
    tls =
        new TlsSettings(options.environment(), options.authorities(), options.certificateFolders());
    if (System.getProperty(TIMEOUT) == null) {
      // Jib has no other way to be told.
      System.setProperty(TIMEOUT, Long.toString(options.timeouts().response().toMillis()));
    }
  }

  /** The client for a host, with port if it has one. */
  FailoverHttpClient client(String host) {
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
