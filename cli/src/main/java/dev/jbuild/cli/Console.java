package dev.jbuild.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * What a command has of its process: streams and environment.
 *
 * @param out results
 * @param err progress and errors; flushed by whoever writes
 * @param terminal whether {@code err} is one
 */
public record Console(
    PrintStream out, PrintStream err, InputStream in, Map<String, String> env, boolean terminal) {

  /** This process's own. Text is UTF-8 whatever the locale, as names in images are. */
  public static Console system() {
    java.io.Console attached = System.console();
    return new Console(
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        System.in,
        System.getenv(),
        attached != null && attached.isTerminal());
  }

  /** The value of an environment variable; empty when it is not set or set to nothing. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(env.get(name)).filter(value -> !value.isEmpty());
  }
}
