package dev.jbuild.cli;

import dev.jbuild.engine.LocatedFailure;
import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.InvalidPathException;
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

  /** Reads what was typed; may fail as the parts of jbuild do whose values they are. */
  interface Reading<T> {
    T read() throws IOException;
  }

  /** What is wrong with a flag's value is wrong usage, whoever finds it. */
  static <T> T of(Reading<T> reading) throws IOException {
    try {
      return reading.read();
    } catch (LocatedFailure e) {
      throw e;
    } catch (BuildFailure e) {
      if (e.kind() != BuildFailure.Kind.USER && e.kind() != BuildFailure.Kind.UNSUPPORTED) {
        throw e;
      }
      throw new UsageError(e.text(), e.hint().orElse(null));
    } catch (InvalidPathException e) {
      throw new UsageError("\"" + e.getInput() + "\" is not a path");
    }
  }

  String text() {
    String message = getMessage();
    return message == null ? "wrong usage" : message;
  }

  Optional<String> hint() {
    return Optional.ofNullable(hint);
  }
}
