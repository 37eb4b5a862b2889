package dev.jbuild.cli;

import dev.jbuild.cli.progress.TerminalGuard;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * What a command has of its process: streams and environment.
 *
 * @param out results; where it is a terminal, behind a {@link TerminalGuard}, as is err
 * @param err progress and errors; flushed by whoever writes
 * @param terminals tells of a file descriptor of the process whether it is a terminal
 */
public record Console(
    PrintStream out,
    PrintStream err,
    InputStream in,
    Map<String, String> env,
    IntPredicate terminals) {

  /** This process's own. Text is UTF-8 whatever the locale, as names in images are. */
  public static Console system() {
    return new Console(
        stream(FileDescriptor.out, 1),
        stream(FileDescriptor.err, 2),
        System.in,
        System.getenv(),
        Console::isTerminal);
  }

  private static PrintStream stream(FileDescriptor descriptor, int number) {
    PrintStream raw =
        new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    return isTerminal(number) ? TerminalGuard.of(raw) : raw;
  }

  /** By the name of what is open there: System.console() looks at other streams and costs time. */
  private static boolean isTerminal(int fd) {
    try {
      String target =
          Files.readSymbolicLink(Path.of("/proc/self/fd", String.valueOf(fd))).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  boolean inIsTerminal() {
    return terminals.test(0);
  }

  boolean outIsTerminal() {
    return terminals.test(1);
  }

  boolean errIsTerminal() {
    return terminals.test(2);
  }

  /** The value of an environment variable; empty when it is not set or set to nothing. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(env.get(name)).filter(value -> !value.isEmpty());
  }
}
