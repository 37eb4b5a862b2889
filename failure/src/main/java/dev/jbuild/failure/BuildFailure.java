package dev.jbuild.failure;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What failed, why, and what to do about it.
 *
 * <p>The message is one line in lower case and present tense; it names the object and both values
 * where two disagree, quotes user text with {@code "…"} and never holds a secret. The hint, when
 * there is one, is a single sentence that says what to do. A stack trace is for {@code --debug}
 * only; the cause chain is kept for it.
 *
 * <p>Immutable and safe to pass between threads.
 */
public class BuildFailure extends RuntimeException {

  /** The closed set of reasons a caller may branch on. */
  public enum Kind {
    /** The input is wrong: a Dockerfile, a flag, a missing file of the context, a failing RUN. */
    USER,
    /** A named thing does not exist. */
    NOT_FOUND,
    /** A thing exists already, or is in use by another. */
    CONFLICT,
    /** Credentials are missing or do not suffice. */
    UNAUTHORIZED,
    /** A service or resource is out of reach now; the same call may succeed later. */
    UNAVAILABLE,
    /** Bytes are not what their digest, size or format says. */
    CORRUPT,
    /** The request is valid but this build, host or tier cannot do it. */
    UNSUPPORTED,
    /** The caller, or the first failure of the same build, ended the work. */
    CANCELLED,
    /** A fault of jbuild's own. */
    INTERNAL
  }

  private final Kind kind;
  private final @Nullable String hint;

  public BuildFailure(Kind kind, String message) {
    this(kind, message, null, null);
  }

  public BuildFailure(Kind kind, String message, @Nullable Throwable cause) {
    this(kind, message, null, cause);
  }

  public BuildFailure(Kind kind, String message, @Nullable String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.hint = hint;
  }

  public final Kind kind() {
    return kind;
  }

  /** One sentence that says what to do, if the cure is known. */
  public final Optional<String> hint() {
    return Optional.ofNullable(hint);
  }

  /** The message, never absent. */
  public final String text() {
    String message = getMessage();
    return message == null ? kind.name() : message;
  }
}
