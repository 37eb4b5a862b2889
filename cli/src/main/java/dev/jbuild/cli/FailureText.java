package dev.jbuild.cli;

import dev.jbuild.engine.DockerfileFailure;
import dev.jbuild.engine.LocatedFailure;
import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Prints failures for a person: one line {@code error: …} that says what failed and where, the
 * excerpt under it, at most one hint, and the stack trace when it was asked for.
 */
final class FailureText {
  private final PrintStream err;
  private final boolean debug;

  FailureText(PrintStream err, boolean debug) {
    this.err = err;
    this.debug = debug;
  }

  void print(UsageError e) {
    print("error: ", e.text(), e.hint().orElse(null), null);
    trace(e);
  }

  void print(BuildFailure e) {
    switch (e) {
      case DockerfileFailure several -> {
        String prefix = "error: ";
        for (LocatedFailure error : several.errors()) {
          located(prefix, error);
          prefix = "";
        }
      }
      case LocatedFailure located -> located("error: ", located);
      default -> print("error: ", e.text(), e.hint().orElse(null), null);
    }
    trace(e);
  }

  void print(IOException e) {
    print("error: ", words(e), null, null);
    trace(e);
  }

  /** A fault of this program. */
  void printFault(Throwable e) {
    String what = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    print(
        "error: ",
        "internal fault: " + what,
        debug ? null : "run it again with --debug for details",
        null);
    trace(e);
  }

  /** The message of an I/O failure; the JDK's file exceptions have but a path for it. */
  private static String words(IOException e) {
    String message = e.getMessage() == null ? "" : e.getMessage();
    return switch (e) {
      case java.nio.file.NoSuchFileException _ -> message + ": no such file or directory";
      case java.nio.file.AccessDeniedException _ -> message + ": permission denied";
      case java.nio.file.FileAlreadyExistsException _ -> message + ": exists already";
      case java.nio.file.NotDirectoryException _ -> message + ": not a directory";
      case java.nio.file.DirectoryNotEmptyException _ -> message + ": directory not empty";
      default -> message.isEmpty() ? e.getClass().getSimpleName() : message;
    };
  }

  private void located(String prefix, LocatedFailure e) {
    print(prefix, e.span() + ": " + e.text(), e.hint().orElse(null), e.excerpt());
  }

  private void print(String prefix, String text, @Nullable String hint, @Nullable String excerpt) {
    StringBuilder all = new StringBuilder(prefix).append(text).append('\n');
    if (excerpt != null && !excerpt.isEmpty()) {
      excerpt.lines().forEach(line -> all.append("  ").append(line).append('\n'));
    }
    if (hint != null) {
      all.append("hint: ").append(hint).append('\n');
    }
    err.print(all);
    err.flush();
  }

  private void trace(Throwable e) {
    if (debug) {
      e.printStackTrace(err);
      err.flush();
    }
  }
}
