package dev.jbuild.registry.wire;

import com.google.api.client.http.HttpResponseException;
import com.google.cloud.tools.jib.api.RegistryAuthenticationFailedException;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.http.ResponseException;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What Jib throws, in our words: with the account that was used, and without its secrets. */
final class JibFailures {
  private final CredentialStore credentials;
  private final Authorizer authorizer;
  private final Clock clock;

  JibFailures(CredentialStore credentials, Authorizer authorizer, Clock clock) {
    this.credentials = credentials;
    this.authorizer = authorizer;
    this.clock = clock;
  }

  /**
   * A failure of Jib's in our words.
   *
   * @return what another attempt may mend
   * @throws RegistryFailure what it will not
   */
  IOException translated(String method, Action action, Scope scope, Exception e) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof BuildFailure failure) {
        throw failure;
      }
      if (at instanceof ResponseException response) {
        return answered(
            method,
            action,
            scope,
            response.getStatusCode(),
            response.getContent(),
            Optional.ofNullable(response.getHeaders().getFirstHeaderStringValue("Retry-After")));
      }
      if (at instanceof HttpResponseException response) {
        return answered(
            method,
            action,
            scope,
            response.getStatusCode(),
            response.getContent(),
            Optional.ofNullable(response.getHeaders().getFirstHeaderStringValue("Retry-After")));
      }
    }
    if (e instanceof RegistryAuthenticationFailedException) {
      CredentialLookups.Account account = account(action, scope);
      throw new RegistryFailure(
          BuildFailure.Kind.UNAUTHORIZED,
          method,
          action.host(),
          401,
          null,
          action + ": " + account.words() + " is not accepted",
          account.hides() ? Refusal.HIDDEN : "run \"jbuild login " + action.host() + "\"",
          e);
    }
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof IOException io && !(at instanceof RegistryException)) {
        return io;
      }
    }
    return new IOException(e.getMessage(), e);
  }

  private IOException answered(
      String method,
      Action action,
      Scope scope,
      int status,
      @Nullable String content,
      Optional<String> retryAfter) {
    byte[] body = content == null ? new byte[0] : content.getBytes(StandardCharsets.UTF_8);
    Optional<Credential> credential = credentials.find(action.host(), action.path()).credential();
    List<String> secrets = new ArrayList<>(authorizer.secrets(action.host(), scope));
    credential.ifPresent(used -> secrets.addAll(used.secrets()));
    ErrorAnswer said = ErrorAnswer.read(new ByteArrayInputStream(body), Optional.empty(), secrets);
    RegistryFailure failure =
        Refusal.of(
            method,
            action,
            action + ": " + method,
            status,
            said,
            account(action, scope),
            List.of(),
            // Not Jib's own: its text has the URL with its query, which may be a key to the upload.
            null);
    if (Refusal.isTransient(status)) {
      return new TransientFailure(failure, ErrorAnswer.retryAfter(retryAfter, clock).orElse(null));
    }
    throw failure;
  }

  private CredentialLookups.Account account(Action action, Scope scope) {
    CredentialStore.Lookup lookup = credentials.find(action.host(), scope.path());
    return CredentialLookups.account(credentials, action.host(), scope.path(), lookup);
  }
}
