package dev.jbuild.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Wrong usage: an argument that is not understood or not supported. Ends with exit code 2. */
final class UsageError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String hint;

  UsageError(String message) {
    this(message, null);
  }

  UsageError(String message, @Nullable String hint) {
    super(message);
    this.hint = hint;
  }

  /** For a flag whose meaning is fixed but has nothing behind it yet. */
  static UsageError notSupportedYet(String what) {
    return new UsageError(what + " is not supported yet");
  }

  String text() {
    String message = getMessage();
    return message == null ? "wrong usage" : message;
  }

  Optional<String> hint() {
    return Optional.ofNullable(hint);
  }
}
