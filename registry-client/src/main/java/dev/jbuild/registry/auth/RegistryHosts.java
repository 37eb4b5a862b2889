package dev.jbuild.registry.auth;

import java.util.Locale;

/** The names Docker Hub goes by, and the ways a host is spelled as a key of a credential file. */
public final class RegistryHosts {

  /** Docker Hub as image names spell it. */
  public static final String DOCKER_HUB = "docker.io";

  /** Docker Hub as {@code docker login} and credential helpers spell it. */
  public static final String DOCKER_HUB_LOGIN = "https://index.docker.io/v1/";

  /** The host that serves Docker Hub's API. */
  public static final String DOCKER_HUB_API = "registry-1.docker.io";

  private RegistryHosts() {}

  /** One spelling per registry: scheme, API path and Docker Hub's aliases removed. */
  public static String canonical(String host) {
    String bare = withoutScheme(host);
    int slash = bare.indexOf('/');
    if (slash >= 0) {
      bare = bare.substring(0, slash);
    }
    bare = bare.toLowerCase(Locale.ROOT);
    return switch (bare) {
      case "index.docker.io", DOCKER_HUB_API -> DOCKER_HUB;
      default -> bare;
    };
  }

  /** The host and port that the API of {@code host} is reached at. */
  public static String apiHost(String host) {
    return canonical(host).equals(DOCKER_HUB) ? DOCKER_HUB_API : host;
  }

  /** The key under which {@code docker login} keeps a host's entry, and asks a helper for it. */
  public static String loginKey(String host) {
    return canonical(host).equals(DOCKER_HUB) ? DOCKER_HUB_LOGIN : host;
  }

  /**
   * A key of a credential file as {@code host[/path]}: {@code https://ghcr.io/v2/} and {@code
   * ghcr.io} are the same key, {@code quay.io/team} stays a path.
   */
  public static String canonicalKey(String key) {
    String bare = withoutScheme(key);
    while (bare.endsWith("/")) {
      bare = bare.substring(0, bare.length() - 1);
    }
    int slash = bare.indexOf('/');
    if (slash < 0) {
      return canonical(bare);
    }
    String path = bare.substring(slash);
    // Docker's own keys end in the API version; it is no part of a repository.
    if (path.equals("/v1") || path.equals("/v2")) {
      path = "";
    }
    return canonical(bare.substring(0, slash)) + path;
  }

  private static String withoutScheme(String text) {
    int scheme = text.indexOf("://");
    return scheme < 0 ? text : text.substring(scheme + 3);
  }

  /** Whether the host (port allowed) names this machine by a loopback address. */
  public static boolean isLoopback(String hostAndPort) {
    String host = hostOnly(hostAndPort).toLowerCase(Locale.ROOT);
    if (host.equals("localhost") || host.endsWith(".localhost")) {
      return true;
    }
    if (host.equals("::1") || host.equals("[::1]") || host.equals("0:0:0:0:0:0:0:1")) {
      return true;
    }
    return host.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}");
  }

  /** The host without its port; an IPv6 literal keeps its brackets. */
  public static String hostOnly(String hostAndPort) {
    if (hostAndPort.startsWith("[")) {
      int end = hostAndPort.indexOf(']');
      return end < 0 ? hostAndPort : hostAndPort.substring(0, end + 1);
    }
    int colon = hostAndPort.indexOf(':');
    return colon < 0 || colon != hostAndPort.lastIndexOf(':')
        ? hostAndPort
        : hostAndPort.substring(0, colon);
  }
}
