package dev.jbuild.registry.wire;

import java.net.URI;
import java.util.function.Predicate;

/**
 * Where a registry may send a client on to, by a redirect or as the place of an upload: http or
 * https, and never from https to plain http, which would show everybody on the way what is in the
 * layers.
 */
final class Onward {
  private Onward() {}

  /**
   * The target of a redirect.
   *
   * @param from what was asked
   * @param location the header's value, absolute or not
   * @param insecure whether a host, as {@code name:port}, may be spoken to in plain http
   * @throws Retries.HopelessException if a client must not go there
   */
  static URI redirect(URI from, String location, Predicate<String> insecure)
      throws Retries.HopelessException {
    URI to;
    try {
      to = resolve(from, location);
    } catch (IllegalArgumentException e) {
      throw new Retries.HopelessException("a redirect leads to something that is no URL");
    }
    return allowed("a redirect", "https".equalsIgnoreCase(from.getScheme()), to, insecure);
  }

  /**
   * What a {@code Location} or {@code Link} stands for, absolute or not, by RFC 3986 section 5.2.
   * {@link URI#resolve} follows RFC 2396, where a query alone loses the last part of the path.
   *
   * @throws IllegalArgumentException if it is no URL
   */
  static URI resolve(URI from, String reference) {
    if (!reference.isEmpty() && reference.charAt(0) != '?') {
      return from.resolve(reference);
    }
    String base = from.toString();
    int end = base.indexOf(reference.isEmpty() ? '#' : '?');
    return URI.create((end < 0 ? base : base.substring(0, end)) + reference);
  }

  /**
   * The place that an upload to {@code base} goes on at. A proxy in front of a registry may not
   * know that the outside is TLS: its places are http on the registry's own name, and meant is
   * https.
   *
   * @param location absolute
   * @param insecure as of {@link #redirect}
   * @throws Retries.HopelessException if a client must not go there
   */
  static URI upload(HostAccess.Base base, URI location, Predicate<String> insecure)
      throws Retries.HopelessException {
    if (base.isEncrypted() && base.isMeantBy(location)) {
      String query = location.getRawQuery();
      return base.uri(location.getRawPath() + (query == null ? "" : "?" + query));
    }
    return allowed("an upload", base.isEncrypted(), location, insecure);
  }

  private static URI allowed(String what, boolean encrypted, URI to, Predicate<String> insecure)
      throws Retries.HopelessException {
    boolean plain = "http".equalsIgnoreCase(to.getScheme());
    if ((!plain && !"https".equalsIgnoreCase(to.getScheme())) || to.getHost() == null) {
      throw new Retries.HopelessException(what + " leads to something that is no URL");
    }
    String host = to.getHost() + (to.getPort() < 0 ? "" : ":" + to.getPort());
    if (plain && encrypted && !insecure.test(host)) {
      throw new Retries.HopelessException(what + " leads from https to http, to " + host);
    }
    return to;
  }
}
