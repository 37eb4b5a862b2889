package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryFailure;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns an answer nobody wanted into a failure: what kind it is, in what words, with what advice.
 */
final class Refusal {
  /** What helps where an account is refused and the files hold another one. */
  static final String HIDDEN =
      "remove the login that is refused, or name the file to use with REGISTRY_AUTH_FILE";

  private Refusal() {}

  /** Whether the same request may be answered otherwise a little later. */
  static boolean isTransient(int status) {
    return status == 408
        || status == 425
        || status == 429
        || (status >= 500 && status != 501 && status != 505);
  }

  /**
   * The failure.
   *
   * @param opening what was done, up to the status
   * @param account which credential was used
   * @param extra what else there is to say, in order
   */
  static RegistryFailure of(
      String method,
      Action action,
      String opening,
      int status,
      ErrorAnswer said,
      CredentialLookups.Account account,
      List<String> extra,
      @Nullable Throwable cause) {
    String host = action.host();
    StringBuilder text = new StringBuilder(opening).append(": ").append(status).append(' ');
    text.append(said.text().isEmpty() ? reason(status) : said.text());
    if (status == 401 || status == 403) {
      text.append(" (").append(account.words()).append(')');
    }
    extra.forEach(more -> text.append("; ").append(more));
    return new RegistryFailure(
        kind(status),
        method,
        host,
        status,
        said.code(),
        text.toString(),
        hint(status, said, host, account),
        cause);
  }

  /**
   * The failure for a token server that gives none.
   *
   * @param account which credential was used
   */
  static RegistryFailure ofTokenServer(
      Authorizer.TokenRequest request, int status, String said, CredentialLookups.Account account) {
    return new RegistryFailure(
        BuildFailure.Kind.UNAUTHORIZED,
        "GET",
        request.host(),
        status,
        null,
        "token server "
            + request.realm().getRawAuthority()
            + " for "
            + request.host()
            + ": "
            + status
            + (said.isEmpty() ? "" : " " + said)
            + " ("
            + account.words()
            + ")",
        account.hides() ? HIDDEN : "run \"jbuild login " + request.host() + "\"",
        null);
  }

  private static BuildFailure.Kind kind(int status) {
    return switch (status) {
      case 401, 403 -> BuildFailure.Kind.UNAUTHORIZED;
      case 404 -> BuildFailure.Kind.NOT_FOUND;
      case 400, 405, 413, 415, 501 -> BuildFailure.Kind.UNSUPPORTED;
      default -> BuildFailure.Kind.UNAVAILABLE;
    };
  }

  /** Registries say why in JSON; a bare 400 comes from a proxy in front, as nginx sends it. */
  private static @Nullable String hint(
      int status, ErrorAnswer said, String host, CredentialLookups.Account account) {
    return switch (status) {
      case 401, 403 ->
          account.hides()
              ? HIDDEN
              : account.known()
                  ? "check that this account may do it, or run \"jbuild login " + host + "\" again"
                  : "run \"jbuild login " + host + "\", or check the name";
      case 429 ->
          account.known()
              ? "wait, or use a mirror with --registry-mirror"
              : "log in with \"jbuild login " + host + "\" for a higher limit, or use a mirror";
      case 413 -> "raise the body size limit of the proxy in front of the registry";
      case 400 -> said.text().isEmpty() ? HostAccess.clientCertificate(host) : null;
      default -> null;
    };
  }

  private static String reason(int status) {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> "one redirect too many";
      case 400 -> "bad request";
      case 401 -> "unauthorized";
      case 403 -> "forbidden";
      case 404 -> "not found";
      case 405 -> "method not allowed";
      case 408 -> "request timeout";
      case 413 -> "body too large";
      case 416 -> "range not satisfiable";
      case 429 -> "too many requests";
      case 500 -> "internal server error";
      case 502 -> "bad gateway";
      case 503 -> "service unavailable";
      case 504 -> "gateway timeout";
      default -> "unexpected answer";
    };
  }
}
