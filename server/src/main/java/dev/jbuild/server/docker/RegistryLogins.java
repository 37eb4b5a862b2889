package dev.jbuild.server.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The logins that a client sends with a request, in headers of JSON in base64. They are for that
 * request alone; nothing of a header is in a message.
 */
public final class RegistryLogins {
  private RegistryLogins() {}

  /**
   * Reads {@code X-Registry-Config}: logins by registry, for a build.
   *
   * @throws BuildFailure of kind {@code USER} if that is not what it is
   */
  public static CredentialStore config(@Nullable String header) {
    CredentialStore all = CredentialStore.anonymous();
    for (Map.Entry<String, JsonNode> entry : object("X-Registry-Config", header).properties()) {
      all = with(all, "X-Registry-Config", entry.getKey(), entry.getValue());
    }
    return all;
  }

  /**
   * Reads {@code X-Registry-Auth}: one login, for a pull or a push.
   *
   * @param host the registry that the request is about
   */
  public static CredentialStore auth(@Nullable String header, String host) {
    return with(
        CredentialStore.anonymous(), "X-Registry-Auth", host, object("X-Registry-Auth", header));
  }

  private static ObjectNode object(String name, @Nullable String header) {
    if (header == null || header.isBlank()) {
      return Json.object();
    }
    try {
      // Go's clients write RFC 4648's alphabet for URLs, others the plain one
      String plain = header.strip().replace('-', '+').replace('_', '/');
      byte[] bytes = Base64.getDecoder().decode(plain);
      return new String(bytes, StandardCharsets.UTF_8).strip().equals("null")
          ? Json.object()
          : Json.parseObject(bytes, name);
    } catch (IllegalArgumentException | BuildFailure e) {
      // without a cause, which could have the text
      throw malformed(name);
    }
  }

  private static BuildFailure malformed(String name) {
    return new BuildFailure(
        BuildFailure.Kind.USER, name + " is not base64 of a JSON object with logins");
  }

  private static CredentialStore with(
      CredentialStore others, String name, String host, JsonNode login) {
    return credential(name, login)
        .map(credential -> CredentialStore.fixed(host, credential, others))
        .orElse(others);
  }

  private static Optional<Credential> credential(String name, JsonNode login) {
    String source = "the request's " + name;
    if (!login.path("identitytoken").asText().isEmpty()) {
      return Optional.of(
          new Credential.IdentityToken(login.path("identitytoken").asText(), source));
    }
    if (!login.path("registrytoken").asText().isEmpty()) {
      return Optional.of(
          new Credential.RegistryToken(login.path("registrytoken").asText(), source));
    }
    String user = login.path("username").asText();
    String password = login.path("password").asText();
    if (user.isEmpty() && !login.path("auth").asText().isEmpty()) {
      String pair = pair(name, login.path("auth").asText());
      user = pair.substring(0, pair.indexOf(':'));
      password = pair.substring(pair.indexOf(':') + 1);
    }
    if (user.isEmpty()) {
      return Optional.empty();
    }
    if (user.indexOf(':') >= 0) {
      throw malformed(name);
    }
    return Optional.of(new Credential.Password(user, password, source));
  }

  private static String pair(String name, String base64) {
    try {
      String pair = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      if (pair.indexOf(':') > 0) {
        return pair;
      }
    } catch (IllegalArgumentException e) {
      // said below, without its text
    }
    throw malformed(name);
  }
}
