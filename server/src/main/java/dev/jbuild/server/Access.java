package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Who may call.
 *
 * <p>With a token, every caller presents it: as a bearer token, or as the password of basic
 * authentication, which is all that image tools can send. Without one the server is for the people
 * of this machine, and what must be kept out are web pages in their browsers: a request that comes
 * from a page ({@code Origin}), or that reached a loopback address by another name ({@code Host},
 * DNS rebinding), is refused. So is one that comes from a build of this server, which could read
 * and cancel other builds, and push with the server's credentials.
 */
final class Access {
  private final byte @Nullable [] token;
  private final boolean anyHost;
  private final BiPredicate<InetSocketAddress, Integer> isOfABuild;

  /** Connections that were looked at; one stays what it is. */
  private final Map<HttpConnection, Boolean> known =
      Collections.synchronizedMap(new WeakHashMap<>());

  /**
   * Makes the check for a server.
   *
   * @param isOfABuild whether the other end, at an address, of a connection to a port is a build's
   */
  Access(ServerOptions options, BiPredicate<InetSocketAddress, Integer> isOfABuild) {
    this.isOfABuild = isOfABuild;
    token = options.bearer().map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null);
    anyHost =
        token != null
            || options.anonymous()
            || options.address() instanceof ServerOptions.Address.Unix;
  }

  /**
   * Checks that a server with these options may start.
   *
   * @throws BuildFailure of kind {@code USER} when it would be open to others than this machine's
   */
  static void check(ServerOptions options) {
    if (options.address() instanceof ServerOptions.Address.Tcp tcp
        && options.bearer().isEmpty()
        && !options.anonymous()
        && !isLoopback(tcp.host())) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "\"" + tcp.host() + "\" is not a loopback address, and whoever reaches it could build",
          "give a --token-file, or --no-auth if the network itself keeps strangers out",
          null);
    }
  }

  static boolean isLoopback(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * A handler before all routes but {@code /healthz}. To find out whose a connection is can take as
   * long as the machine has processes, so that is done elsewhere.
   */
  void handle(RoutingContext request, Offload offload) {
    if (token != null) {
      if (isPresented(request.request().getHeader("authorization"))) {
        request.next();
      } else {
        refuseStranger(request);
      }
      return;
    }
    String origin = request.request().getHeader("origin");
    String host = request.request().getHeader("host");
    if (origin != null && !origin.equals("http://" + host) && !origin.equals("https://" + host)) {
      refuse(request, "requests from the web page \"" + origin + "\" are not taken");
    } else if (!anyHost && host != null && !isLocalName(host)) {
      refuse(request, "\"" + host + "\" is not a name of this server");
    } else {
      HttpConnection connection = request.request().connection();
      Boolean before = known.get(connection);
      if (before != null) {
        answer(request, before);
        return;
      }
      request.request().pause(); // until somebody is there who takes the body
      offload.run(
          request,
          () -> isOfABuild(connection),
          build -> {
            known.put(connection, build);
            request.request().resume();
            answer(request, build);
          });
    }
  }

  private static void answer(RoutingContext request, boolean isOfABuild) {
    if (isOfABuild) {
      refuse(
          request,
          "requests from builds of this server are not taken; one that is started with"
              + " --token-file takes them from who has the token");
    } else {
      request.next();
    }
  }

  private boolean isOfABuild(HttpConnection connection) {
    SocketAddress peer = connection.remoteAddress();
    SocketAddress here = connection.localAddress();
    return peer != null
        && here != null
        && peer.isInetSocket()
        && isOfABuild.test(
            new InetSocketAddress(InetAddress.ofLiteral(peer.hostAddress()), peer.port()),
            here.port());
  }

  private boolean isPresented(@Nullable String header) {
    if (header == null) {
      return false;
    }
    int blank = header.indexOf(' ');
    String scheme = blank < 0 ? header : header.substring(0, blank).toLowerCase(Locale.ROOT);
    String value = blank < 0 ? "" : header.substring(blank + 1).strip();
    byte[] given =
        switch (scheme) {
          case "bearer" -> value.getBytes(StandardCharsets.UTF_8);
          case "basic" -> password(value);
          default -> new byte[0];
        };
    return token != null && MessageDigest.isEqual(given, token);
  }

  private static byte[] password(String base64) {
    try {
      String pair = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      return pair.substring(pair.indexOf(':') + 1).getBytes(StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static void refuseStranger(RoutingContext request) {
    boolean registry = request.request().path().startsWith("/v2/");
    request
        .response()
        .putHeader("www-authenticate", (registry ? "Basic" : "Bearer") + " realm=\"jbuild\"");
    if (registry) {
      RegistryErrors.UNAUTHORIZED.answer(
          request, "the token of this server is needed, as the password");
    } else {
      Reply.failure(
          request,
          401,
          new BuildFailure(BuildFailure.Kind.UNAUTHORIZED, "the token of this server is needed"));
    }
  }

  private static void refuse(RoutingContext request, String why) {
    Reply.failure(request, 403, new BuildFailure(BuildFailure.Kind.UNAUTHORIZED, why));
  }

  /** By its text alone: to look the name up would be to ask whom the page asked. */
  private static boolean isLocalName(String hostAndPort) {
    String host = hostAndPort.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || host.equals("[::1]")
        || host.matches("127(\\.\\d{1,3}){3}");
  }
}
