package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.auth.RegistryHosts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy a request goes through, from {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code
 * NO_PROXY} in upper or lower case. The rules are those of curl and Go: the scheme of the target
 * picks the variable; {@code NO_PROXY} holds host names (with their subdomains), {@code .domain},
 * addresses, CIDR blocks, an optional {@code :port}, or {@code *}; loopback is never proxied.
 *
 * <p>Immutable.
 */
final class ProxySettings extends ProxySelector {

  /** A proxy's address, and the {@code Proxy-Authorization} value if its URL holds a user. */
  record Endpoint(InetSocketAddress address, @Nullable String authorization) {
    @Override
    public String toString() {
      return address.getHostString() + ":" + address.getPort();
    }
  }

  private final @Nullable Endpoint http;
  private final @Nullable Endpoint https;
  private final List<String> exceptions;

  private ProxySettings(
      @Nullable Endpoint http, @Nullable Endpoint https, List<String> exceptions) {
    this.http = http;
    this.https = https;
    this.exceptions = List.copyOf(exceptions);
  }

  static ProxySettings from(Map<String, String> environment) {
    List<String> exceptions = new ArrayList<>();
    for (String entry : value(environment, "no_proxy").split("[,\\s]+", -1)) {
      if (!entry.isBlank()) {
        exceptions.add(entry.trim().toLowerCase(Locale.ROOT));
      }
    }
    // httpoxy: under CGI, HTTP_PROXY is a header the client chose.
    String plain =
        environment.containsKey("REQUEST_METHOD") && !environment.containsKey("http_proxy")
            ? ""
            : value(environment, "http_proxy");
    return new ProxySettings(
        endpoint("HTTP_PROXY", plain),
        endpoint("HTTPS_PROXY", value(environment, "https_proxy")),
        exceptions);
  }

  private static String value(Map<String, String> environment, String name) {
    String lower = environment.get(name);
    if (lower != null && !lower.isBlank()) {
      return lower.trim();
    }
    String upper = environment.get(name.toUpperCase(Locale.ROOT));
    return upper == null ? "" : upper.trim();
  }

  private static @Nullable Endpoint endpoint(String variable, String url) {
    if (url.isEmpty()) {
      return null;
    }
    URI uri;
    try {
      uri = new URI(url.contains("://") ? url : "http://" + url);
    } catch (URISyntaxException e) {
      // Without a cause: its message has the URL, and that may have a password.
      throw malformed(variable);
    }
    if (uri.getHost() == null) {
      throw malformed(variable);
    }
    int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
    String user = uri.getRawUserInfo();
    String authorization = null;
    if (user != null) {
      // The URI has no broken escapes, which alone this would refuse.
      byte[] pair =
          URLDecoder.decode(user.replace("+", "%2B"), StandardCharsets.UTF_8)
              .getBytes(StandardCharsets.UTF_8);
      authorization = "Basic " + Base64.getEncoder().encodeToString(pair);
    }
    // Unresolved: the name is looked up when the proxy is used, not when a build starts.
    return new Endpoint(InetSocketAddress.createUnresolved(uri.getHost(), port), authorization);
  }

  private static BuildFailure malformed(String variable) {
    return new BuildFailure(
        BuildFailure.Kind.USER,
        variable + " is not the URL of a proxy",
        "write http://[USER:PASSWORD@]HOST[:PORT], what is special in a password as %40",
        null);
  }

  /** The proxy for {@code target}, if it is not to be reached directly. */
  Optional<Endpoint> proxyFor(URI target) {
    Endpoint proxy = "https".equals(target.getScheme()) ? https : http;
    String host = target.getHost();
    if (proxy == null || host == null || RegistryHosts.isLoopback(host) || isException(target)) {
      return Optional.empty();
    }
    return Optional.of(proxy);
  }

  private boolean isException(URI target) {
    String host = target.getHost().toLowerCase(Locale.ROOT);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    int port =
        target.getPort() >= 0 ? target.getPort() : "https".equals(target.getScheme()) ? 443 : 80;
    for (String entry : exceptions) {
      if (entry.equals("*") || matches(entry, host, port)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String entry, String host, int port) {
    if (entry.indexOf('/') > 0) {
      return inBlock(entry, host);
    }
    String name = entry;
    int colon = entry.lastIndexOf(':');
    if (colon > 0 && entry.indexOf(':') == colon) {
      if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = entry.substring(0, colon);
    }
    if (name.startsWith("*.")) {
      name = name.substring(1);
    }
    return name.startsWith(".")
        ? host.endsWith(name)
        : host.equals(name) || host.endsWith("." + name);
  }

  private static boolean inBlock(String block, String host) {
    byte[] address = literal(host);
    int slash = block.indexOf('/');
    byte[] network = literal(block.substring(0, slash));
    if (address == null || network == null || address.length != network.length) {
      return false;
    }
    int bits;
    try {
      bits = Integer.parseInt(block.substring(slash + 1));
    } catch (NumberFormatException e) {
      return false;
    }
    for (int i = 0; i < Math.min(bits, address.length * 8); i++) {
      int mask = 0x80 >> (i % 8);
      if (((address[i / 8] ^ network[i / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  /** The bytes of an address literal; never asks a name server. */
  private static byte @Nullable [] literal(String host) {
    if (!host.matches("[0-9.]+") && host.indexOf(':') < 0) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(host).getAddress();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public List<Proxy> select(URI uri) {
    return proxyFor(uri)
        .map(endpoint -> {
          InetSocketAddress named = endpoint.address();
          InetSocketAddress resolved =
              new InetSocketAddress(named.getHostString(), named.getPort());
          return List.of(new Proxy(Proxy.Type.HTTP, resolved));
        })
        .orElse(List.of(Proxy.NO_PROXY));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, java.io.IOException failure) {
    // The request fails with the same exception; there is no second proxy to turn to.
  }
}
