package dev.jbuild.engine.source;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The secrets by which git servers know a build, under BuildKit's names: {@code GIT_AUTH_TOKEN},
 * {@code GIT_AUTH_HEADER}, and both with {@code .HOST}.
 *
 * <p>One with a host goes to that host alone. One without goes to the host of the repository that
 * is named, and only over TLS; never to the hosts of its submodules.
 */
public final class GitCredentials {
  private static final String HEADER = "GIT_AUTH_HEADER";
  private static final String TOKEN = "GIT_AUTH_TOKEN";

  /** What is shorter is found by chance. */
  private static final int SHORTEST = 4;

  private final Secrets secrets;

  /** The secrets of a build. */
  public interface Secrets {
    Set<String> ids();

    Optional<byte[]> read(String id) throws IOException;
  }

  public GitCredentials(Secrets secrets) {
    this.secrets = secrets;
  }

  /** The headers for each URL prefix that has one, as git's {@code http.<url>.extraHeader}. */
  Map<String, String> headers(GitReference repository) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String name : List.of(HEADER, TOKEN)) {
      for (String id : secrets.ids()) {
        if (id.startsWith(name + ".")) {
          String host = id.substring(name.length() + 1);
          for (String scheme : List.of("https://", "http://")) {
            put(headers, scheme + host + "/", id);
          }
        }
      }
    }
    if (repository.scheme().equals("https")) {
      for (String name : List.of(HEADER, TOKEN)) {
        put(headers, "https://" + repository.host() + "/", name);
      }
    }
    return headers;
  }

  private void put(Map<String, String> headers, String prefix, String id) throws IOException {
    Optional<byte[]> secret = secrets.read(id);
    if (secret.isEmpty() || headers.containsKey(prefix)) {
      return;
    }
    String value = new String(secret.get(), StandardCharsets.UTF_8).strip();
    if (value.chars().anyMatch(Character::isISOControl)) {
      throw new BuildFailure(Kind.USER, "secret \"" + id + "\" has more than one line");
    }
    headers.put(
        prefix, "Authorization: " + (id.startsWith(TOKEN) ? "basic " + basic(value) : value));
  }

  /** The user's name is what GitHub and others expect with a token. */
  private static String basic(String token) {
    byte[] pair = ("x-access-token:" + token).getBytes(StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(pair);
  }

  /** Of basic authentication what a server reads: the user with the password, and that alone. */
  private static List<String> decoded(String base64) {
    try {
      String pair = new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      return colon < 0 ? List.of() : List.of(pair, pair.substring(colon + 1));
    } catch (IllegalArgumentException e) {
      return List.of();
    }
  }

  /** A text without any of the values, nor what a server can read from them, for messages. */
  static String redact(String text, Map<String, String> headers) {
    List<String> values = new ArrayList<>();
    for (String header : headers.values()) {
      values.add(header.substring("Authorization: ".length()));
      String last = header.substring(header.lastIndexOf(' ') + 1);
      values.add(last);
      values.addAll(decoded(last));
    }
    values.removeIf(value -> value.length() < SHORTEST);
    String clean = text;
    for (String value : values) {
      clean = clean.replace(value, "***");
    }
    return clean;
  }
}
