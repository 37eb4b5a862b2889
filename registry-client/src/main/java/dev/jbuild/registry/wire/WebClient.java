package dev.jbuild.registry.wire;

import dev.jbuild.registry.RegistryOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Gets files from servers that are no registries, by the same rules: proxies with their exceptions,
 * certificate authorities, {@code certs.d}, insecure hosts, and time limits on the answer and on a
 * body that stalls. Redirects are left to the caller. Costs nothing before the first request.
 * Thread-safe.
 */
public final class WebClient implements AutoCloseable {
  private final RegistryOptions options;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable HttpWire wire;

  public WebClient(RegistryOptions options) {
    this.options = options;
  }

  /**
   * Asks for a file.
   *
   * @return the answer, whatever its status; the caller closes the body
   * @throws java.io.InterruptedIOException if the thread is interrupted
   */
  public HttpResponse<? extends InputStream> get(URI uri, Map<String, String> headers)
      throws IOException {
    HttpWire open = wire();
    boolean insecure = options.isInsecure(uri.getRawAuthority());
    return open.send(
        new HttpWire.Call(
            "GET",
            uri,
            headers,
            null,
            options.timeouts().response(),
            open.security(uri, insecure)));
  }

  private HttpWire wire() {
    lock.lock();
    try {
      HttpWire known = wire;
      if (known == null) {
        known = new HttpWire(options);
        wire = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (wire != null) {
        wire.close();
        wire = null;
      }
    } finally {
      lock.unlock();
    }
  }
}
