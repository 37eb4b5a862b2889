package dev.jbuild.registry.auth;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/**
 * What a registry is shown to let us in. The secret is reachable only through the accessor that
 * sends it: {@code toString} and {@link #description} never hold it.
 */
public sealed interface Credential {

  /** The file, helper or option it was found in, in words fit for an error message. */
  String source();

  /**
   * Kind, user if there is one, and source: {@code user "ann" from /home/ann/.docker/config.json}.
   */
  String description();

  /** All spellings in which it is sent, to be cut out of what comes back. */
  List<String> secrets();

  /** A user name with a password or a personal access token. */
  record Password(String user, String secret, String source) implements Credential {
    public Password {
      if (user.indexOf(':') >= 0) {
        // RFC 7617 section 2: the first colon ends the user name.
        throw new IllegalArgumentException("a user name holds no colon");
      }
    }

    /** The value of an {@code Authorization} header (RFC 7617, UTF-8). */
    public String basicHeader() {
      return "Basic " + pair();
    }

    private String pair() {
      byte[] pair = (user + ":" + secret).getBytes(StandardCharsets.UTF_8);
      return Base64.getEncoder().encodeToString(pair);
    }

    @Override
    public List<String> secrets() {
      return List.of(pair(), secret);
    }

    @Override
    public String description() {
      return "user \"" + user + "\" from " + source;
    }

    @Override
    public String toString() {
      return description();
    }
  }

  /** An OAuth2 refresh token, exchanged at the token server for short-lived access tokens. */
  record IdentityToken(String secret, String source) implements Credential {
    @Override
    public List<String> secrets() {
      return List.of(secret);
    }

    @Override
    public String description() {
      return "identity token from " + source;
    }

    @Override
    public String toString() {
      return description();
    }
  }

  /** An access token that is sent as it is, without asking a token server. */
  record RegistryToken(String secret, String source) implements Credential {
    @Override
    public List<String> secrets() {
      return List.of(secret);
    }

    @Override
    public String description() {
      return "registry token from " + source;
    }

    @Override
    public String toString() {
      return description();
    }
  }
}
