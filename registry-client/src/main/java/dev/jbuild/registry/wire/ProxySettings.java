package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.auth.RegistryHosts;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
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

  /**
   * A proxy's address, and the {@code Proxy-Authorization} value if its URL holds a user.
   *
   * @param variable that names it
   */
  record Endpoint(String variable, InetSocketAddress address, @Nullable String authorization) {
    /** For messages; without the user. */
    @Override
    public String toString() {
      return address.getHostString() + ":" + address.getPort();
    }
  }

  /** A variable of the environment. Its value may hold a password. */
  private record Variable(String name, String value) {}

  private final Variable http;
  private final Variable https;
  private final List<String> exceptions;

  private ProxySettings(Variable http, Variable https, List<String> exceptions) {
    this.http = http;
    this.https = https;
    this.exceptions = List.copyOf(exceptions);
  }

  static ProxySettings from(Map<String, String> environment) {
    List<String> exceptions = new ArrayList<>();
    for (String entry : variable(environment, "no_proxy").value().split("[,\\s]+", -1)) {
      if (!entry.isBlank()) {
        exceptions.add(entry.trim().toLowerCase(Locale.ROOT));
      }
    }
    // httpoxy: under CGI, HTTP_PROXY is a header the client chose.
    Variable plain =
        environment.containsKey("REQUEST_METHOD") && !environment.containsKey("http_proxy")
            ? new Variable("http_proxy", "")
            : variable(environment, "http_proxy");
    return new ProxySettings(plain, variable(environment, "https_proxy"), exceptions);
  }

  private static Variable variable(Map<String, String> environment, String name) {
    String lower = environment.get(name);
    if (lower != null && !lower.isBlank()) {
      return new Variable(name, lower.trim());
    }
    String capitals = name.toUpperCase(Locale.ROOT);
    return new Variable(capitals, environment.getOrDefault(capitals, "").trim());
  }

  /** Read by hand: a password may hold what {@link URI} does not take, and would quote. */
  private static Endpoint endpoint(Variable variable) {
    String text = variable.value();
    int scheme = text.indexOf("://");
    if (scheme >= 0 && !text.regionMatches(true, 0, "http", 0, scheme)) {
      throw invalid(
          BuildFailure.Kind.UNSUPPORTED, variable, "names a proxy that is not asked by http");
    }
    String authority = text.substring(scheme < 0 ? 0 : scheme + 3).split("[/?#]", 2)[0];
    int at = authority.lastIndexOf('@');
    String place = authority.substring(at + 1);
    int colon = place.endsWith("]") ? -1 : place.lastIndexOf(':');
    String host = colon < 0 ? place : place.substring(0, colon);
    try {
      int port = colon < 0 ? 80 : Integer.parseInt(place.substring(colon + 1));
      if (host.isEmpty() || host.indexOf(' ') >= 0) {
        throw new IllegalArgumentException("no host");
      }
      String authorization = null;
      if (at >= 0) {
        byte[] pair =
            URLDecoder.decode(
                    authority.substring(0, at).replace("+", "%2B"), StandardCharsets.UTF_8)
                .getBytes(StandardCharsets.UTF_8);
        authorization = "Basic " + Base64.getEncoder().encodeToString(pair);
      }
      // Unresolved: the name is looked up when the proxy is used, not when a build starts.
      return new Endpoint(
          variable.name(), InetSocketAddress.createUnresolved(host, port), authorization);
    } catch (IllegalArgumentException e) {
      // Without the cause, which quotes the value.
      throw invalid(BuildFailure.Kind.USER, variable, "names no proxy");
    }
  }

  private static BuildFailure invalid(BuildFailure.Kind kind, Variable variable, String what) {
    return new BuildFailure(
        kind,
        variable.name() + " " + what,
        "write it as http://[USER:PASSWORD@]HOST[:PORT], with %40 for an @ in the password",
        null);
  }

  /**
   * The proxy for {@code target}, if it is not to be reached directly.
   *
   * @throws BuildFailure if the variable for it names no proxy that can be used
   */
  Optional<Endpoint> proxyFor(URI target) {
    Variable proxy = "https".equals(target.getScheme()) ? https : http;
    String host = target.getHost();
    if (proxy.value().isEmpty()
        || host == null
        || RegistryHosts.isLoopback(host)
        || isException(target)) {
      return Optional.empty();
    }
    return Optional.of(endpoint(proxy));
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
