package dev.jbuild.registry.wire;

import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.BearerToken;
import dev.jbuild.registry.auth.Credential;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Token servers over HTTP, as the distribution spec and Docker's OAuth2 have them. */
final class HttpTokenServer implements Authorizer.TokenServer {
  /** The longest answer that is read. */
  static final int TOKEN_LIMIT = 1 << 20;

  private final RegistryOptions options;
  private final HttpWire wire;
  private final CredentialLookups credentials;
  private final Clock clock;

  HttpTokenServer(
      RegistryOptions options, HttpWire wire, CredentialLookups credentials, Clock clock) {
    this.options = options;
    this.wire = wire;
    this.credentials = credentials;
    this.clock = clock;
  }

  @Override
  public BearerToken fetch(Authorizer.TokenRequest request) throws IOException {
    Credential credential = request.credential();
    if (credential instanceof Credential.IdentityToken(String secret, String _)) {
      return grant(request, Map.of("grant_type", "refresh_token", "refresh_token", secret));
    }
    StringBuilder query = new StringBuilder();
    if (!request.service().isEmpty()) {
      append(query, "service", request.service());
    }
    request.scopes().forEach(scope -> append(query, "scope", scope));
    append(query, "client_id", "jbuild");
    URI realm = request.realm();
    String text = realm.toString();
    URI uri = URI.create(text + (realm.getRawQuery() == null ? "?" : "&") + query);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Accept", "application/json");
    if (credential instanceof Credential.Password password) {
      headers.put("Authorization", password.basicHeader());
    }
    HttpWire.Call call =
        new HttpWire.Call(
            "GET", uri, headers, null, options.timeouts().response(), realmSecurity(uri));
    HttpResponse<BodyStream> answer = wire.send(call);
    try (BodyStream body = answer.body()) {
      if ((answer.statusCode() == 404 || answer.statusCode() == 405)
          && credential instanceof Credential.Password password) {
        return grant(
            request,
            Map.of(
                "grant_type",
                "password",
                "username",
                password.user(),
                "password",
                password.secret()));
      }
      return token(request, answer, body);
    }
  }

  private HttpWire.Security realmSecurity(URI uri) {
    return wire.security(uri, options.isInsecure(uri.getRawAuthority()));
  }

  /** The OAuth2 way (Docker "OAuth2 token authentication"). */
  private BearerToken grant(Authorizer.TokenRequest request, Map<String, String> parameters)
      throws IOException {
    StringBuilder form = new StringBuilder();
    parameters.forEach((name, value) -> append(form, name, value));
    append(form, "service", request.service());
    append(form, "client_id", "jbuild");
    if (!request.scopes().isEmpty()) {
      append(form, "scope", String.join(" ", request.scopes()));
    }
    HttpWire.Call call =
        new HttpWire.Call(
            "POST",
            request.realm(),
            Map.of("Accept", "application/json"),
            Outgoing.of(
                form.toString().getBytes(StandardCharsets.UTF_8),
                "application/x-www-form-urlencoded"),
            options.timeouts().response(),
            realmSecurity(request.realm()));
    HttpResponse<BodyStream> answer = wire.send(call);
    try (BodyStream body = answer.body()) {
      return token(request, answer, body);
    }
  }

  private BearerToken token(
      Authorizer.TokenRequest request, HttpResponse<BodyStream> answer, BodyStream body)
      throws IOException {
    if (answer.statusCode() == 200) {
      byte[] json = body.readNBytes(TOKEN_LIMIT);
      return BearerToken.parse(json, request.realm().getRawAuthority(), clock.instant());
    }
    Credential credential = request.credential();
    ErrorAnswer said =
        ErrorAnswer.read(
            body,
            answer.headers().firstValue("Content-Type"),
            credential == null ? List.of() : credential.secrets());
    RegistryFailure failure =
        Refusal.ofTokenServer(
            request,
            answer.statusCode(),
            said.text(),
            credentials.account(request.host(), request.path()));
    if (Refusal.isTransient(answer.statusCode())) {
      throw new TransientFailure(
          failure,
          ErrorAnswer.retryAfter(answer.headers().firstValue("Retry-After"), clock).orElse(null));
    }
    throw failure;
  }

  private static void append(StringBuilder query, String name, String value) {
    if (!query.isEmpty()) {
      query.append('&');
    }
    query
        .append(URLEncoder.encode(name, StandardCharsets.UTF_8))
        .append('=')
        .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
  }
}
