package dev.jbuild.registry.wire;

import com.google.api.client.http.ByteArrayContent;
import com.google.cloud.tools.jib.http.Authorization;
import com.google.cloud.tools.jib.http.FailoverHttpClient;
import com.google.cloud.tools.jib.http.Request;
import com.google.cloud.tools.jib.http.Response;
import com.google.cloud.tools.jib.http.ResponseException;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.BearerToken;
import dev.jbuild.registry.auth.Credential;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;

/** Token servers through Jib's HTTP layer. */
final class JibTokenServer implements Authorizer.TokenServer {
  private final RegistryOptions options;
  private final JibConnections connections;
  private final CredentialLookups credentials;
  private final Clock clock;

  JibTokenServer(
      RegistryOptions options,
      JibConnections connections,
      CredentialLookups credentials,
      Clock clock) {
    this.options = options;
    this.connections = connections;
    this.credentials = credentials;
    this.clock = clock;
  }

  @Override
  public BearerToken fetch(Authorizer.TokenRequest request) throws IOException {
    StringBuilder query = new StringBuilder("client_id=jbuild");
    query.append("&service=").append(encoded(request.service()));
    request.scopes().forEach(scope -> query.append("&scope=").append(encoded(scope)));
    Request.Builder builder = new Request.Builder().setUserAgent("jbuild");
    builder.setHttpTimeout((int) options.timeouts().response().toMillis());
    URI realm = request.realm();
    FailoverHttpClient client = connections.client(realm.getRawAuthority());
    try {
      Response response;
      if (request.credential() instanceof Credential.IdentityToken(String secret, String _)) {
        query.append("&grant_type=refresh_token&refresh_token=").append(encoded(secret));
        builder.setBody(
            ByteArrayContent.fromString("application/x-www-form-urlencoded", query.toString()));
        response = client.post(realm.toURL(), builder.build());
      } else {
        if (request.credential() instanceof Credential.Password password) {
          builder.setAuthorization(
              Authorization.fromBasicCredentials(password.user(), password.secret()));
        }
        String text = realm + (realm.getRawQuery() == null ? "?" : "&") + query;
        response = client.get(URI.create(text).toURL(), builder.build());
      }
      try (response) {
        byte[] json = response.getBody().readNBytes(HttpTokenServer.TOKEN_LIMIT);
        return BearerToken.parse(json, realm.getRawAuthority(), clock.instant());
      }
    } catch (ResponseException e) {
      RegistryFailure refused =
          Refusal.ofTokenServer(
              request, e.getStatusCode(), "", credentials.account(request.host(), request.path()));
      if (Refusal.isTransient(e.getStatusCode())) {
        throw new TransientFailure(refused, null);
      }
      throw refused;
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
