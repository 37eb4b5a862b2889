package dev.jbuild.registry.wire;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What went wrong between us and a proxy, in words that name the proxy and not the registry. */
final class ProxyFailure extends IOException {
  private static final long serialVersionUID = 1;

  /** The JDK's words for an answer to CONNECT that is neither 2xx nor 407. */
  private static final Pattern TUNNEL = Pattern.compile("Tunnel failed, got: ([0-9]{3})");

  private ProxyFailure(String message, IOException cause) {
    super(message, cause);
  }

  /** The proxy itself cannot be reached; nothing is known of the registry then. */
  static final class Unreachable extends ConnectException {
    private static final long serialVersionUID = 1;
    private final String variable;

    private Unreachable(String message, String variable, IOException cause) {
      super(message);
      this.variable = variable;
      initCause(cause);
    }

    String hint(String host) {
      return "check " + variable + ", or name " + host + " in NO_PROXY to reach it without a proxy";
    }
  }

  /** A request on its way. */
  interface Sending {
    HttpResponse<BodyStream> answer() throws IOException;
  }

  /**
   * Waits for the answer that comes through a proxy.
   *
   * @throws Retries.HopelessException if the proxy does not let us through
   */
  static HttpResponse<BodyStream> checked(ProxySettings.Endpoint proxy, Sending sending)
      throws IOException {
    String named = "the proxy " + proxy + " (" + proxy.variable() + ")";
    HttpResponse<BodyStream> answer;
    try {
      answer = sending.answer();
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new Unreachable(
          "no connection to " + named + ": " + Retries.cause(e), proxy.variable(), e);
    } catch (IOException e) {
      Matcher tunnel = TUNNEL.matcher(String.valueOf(e.getMessage()));
      if (!tunnel.find()) {
        throw e;
      }
      String status = tunnel.group(1);
      if (status.startsWith("4")) {
        throw new Retries.HopelessException(named + " does not let us through: " + status);
      }
      throw new ProxyFailure(named + " gives no connection: " + status, e);
    }
    if (answer.statusCode() != 407) {
      return answer;
    }
    // The answer to a CONNECT comes without a body.
    @Nullable BodyStream body = answer.body();
    if (body != null) {
      body.close();
    }
    throw new Retries.HopelessException(
        named
            + (proxy.authorization() == null
                ? " wants a user and a password, which belong into its URL: 407"
                : " does not accept the user and the password of its URL: 407"));
  }
}
