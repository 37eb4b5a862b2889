package dev.jbuild.registry.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A short-lived access token of a token server (Docker's token and OAuth2 authentication).
 *
 * @param useUntil when a fresh one is to be fetched, some time before this one ends
 * @param refresh a new refresh token, if the server hands one out
 */
public record BearerToken(String secret, Instant useUntil, @Nullable String refresh) {
  // The spec's default; a server that names a shorter life is not believed (Docker's client too).
  private static final Duration SHORTEST = Duration.ofSeconds(60);

  /**
   * Reads a token server's answer.
   *
   * @param server names the server in failures
   * @throws BuildFailure of kind {@code CORRUPT} if there is no token in it
   */
  public static BearerToken parse(byte[] json, String server, Instant now) {
    ObjectNode object;
    try {
      object = Json.parseObject(json, "the answer of token server " + server);
    } catch (BuildFailure e) {
      // No cause: it may quote the token.
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT, "token server " + server + " answers with something not JSON");
    }
    String secret = object.path("token").asText("");
    if (secret.isEmpty()) {
      secret = object.path("access_token").asText("");
    }
    if (secret.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT, "token server " + server + " answers without a token");
    }
    Duration life = Duration.ofSeconds(object.path("expires_in").asLong(0));
    if (life.compareTo(SHORTEST) < 0) {
      life = SHORTEST;
    }
    // Our clock from the moment of asking: the server's clock may be off.
    Instant end = now.plus(life);
    Duration slack = life.dividedBy(10);
    String refresh = object.path("refresh_token").asText("");
    return new BearerToken(secret, end.minus(slack), refresh.isEmpty() ? null : refresh);
  }

  public boolean isUsable(Instant now) {
    return now.isBefore(useUntil);
  }

  @Override
  public String toString() {
    return "bearer token, to be used until " + useUntil;
  }
}
