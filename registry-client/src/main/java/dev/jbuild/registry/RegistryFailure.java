package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request to a registry that did not end well, with everything a person needs to see why. The
 * message reads {@code METHOD host/repository what: status code "the registry's message"
 * (credential …)}; it never holds a query string, a token or a password.
 */
public final class RegistryFailure extends BuildFailure {
  private final String method;
  private final String host;
  private final int status;
  private final @Nullable String code;

  /**
   * @param status the HTTP status, 0 if there was no answer
   * @param code the registry's own error code, such as {@code MANIFEST_UNKNOWN}
   */
  public RegistryFailure(
      Kind kind,
      String method,
      String host,
      int status,
      @Nullable String code,
      String message,
      @Nullable String hint,
      @Nullable Throwable cause) {
    super(kind, message, hint, cause);
    this.method = method;
    this.host = host;
    this.status = status;
    this.code = code;
  }

  public String method() {
    return method;
  }

  /** The registry, as the image name spells it. */
  public String host() {
    return host;
  }

  /** The HTTP status, 0 if there was no answer. */
  public int status() {
    return status;
  }

  /** The registry's own error code, such as {@code DENIED} or {@code TOOMANYREQUESTS}. */
  public Optional<String> code() {
    return Optional.ofNullable(code);
  }
}
