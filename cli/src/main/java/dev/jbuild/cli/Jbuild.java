package dev.jbuild.cli;

import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.engine.RunFailure;
import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The command as a function of its arguments. Not for use by several threads at once. */
public final class Jbuild {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;
  static final int INTERRUPTED = 130;

  private final Console console;

  public Jbuild(Console console) {
    this.console = console;
  }

  /** Runs one command to its end and returns the exit code; errors are printed, never thrown. */
  public int run(String... args) {
    FailureText failures = new FailureText(console.err(), Arrays.asList(args).contains("--debug"));
    try {
      int code = dispatch(args);
      return code == OK && !isWritten(failures) ? FAILED : code;
    } catch (UsageError e) {
      failures.print(e);
      return WRONG_USAGE;
    } catch (RunFailure e) {
      failures.print(e);
      return interrupted(e) ? INTERRUPTED : e.exitCode();
    } catch (BuildFailure e) {
      failures.print(e);
      return interrupted(e) ? INTERRUPTED : FAILED;
    } catch (IOException e) {
      failures.print(e);
      return FAILED;
    } catch (UncheckedIOException e) {
      failures.print(e.getCause() == null ? new IOException(e) : e.getCause());
      return FAILED;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      failures.printFault(e);
      return FAILED;
    }
  }

  /** A result that did not get out is a failure, unless nobody wants more of it. */
  private boolean isWritten(FailureText failures) {
    try {
      console.requireWritten();
      return true;
    } catch (IOException e) {
      if (console.out() instanceof StandardOutput out && out.isUnread()) {
        return true;
      }
      failures.print(e);
      return false;
    }
  }

  /** Whether the failure is the echo of this command's own interruption. */
  private static boolean interrupted(BuildFailure e) {
    return e.kind() == BuildFailure.Kind.CANCELLED || Thread.currentThread().isInterrupted();
  }

  private int dispatch(String[] args) throws IOException {
    int first = 0;
    while (first < args.length) {
      int width = GlobalOptions.width(args, first);
      if (width == 0) {
        break;
      }
      first += width;
    }
    if (first == args.length) {
      return withoutVerb(args);
    }
    String word = args[first];
    String asked = first + 1 < args.length ? args[first + 1] : "";
    switch (word) {
      case "help" -> {
        return asked.isEmpty()
            ? withoutVerb(new String[] {"--help"})
            : run(Verb.of(asked).orElseThrow(() -> unknown(asked)), new String[] {"--help"});
      }
      case "version" -> {
        return withoutVerb(new String[] {"--version"});
      }
      default -> {}
    }
    Verb verb = verb(word).orElseThrow(() -> unknown(word));
    boolean named = verb.word().equals(word);
    String[] rest = new String[named ? args.length - 1 : args.length];
    System.arraycopy(args, 0, rest, 0, first);
    System.arraycopy(args, named ? first + 1 : first, rest, first, rest.length - first);
    return run(verb, rest);
  }

  private int withoutVerb(String[] args) {
    boolean version = false;
    for (String arg : args) {
      version |= arg.equals("-V") || arg.equals("--version");
    }
    if (version) {
      console.out().println("jbuild " + Version.NUMBER);
      return OK;
    }
    boolean help =
        args.length == 0
            || Arrays.asList(args).contains("-h")
            || Arrays.asList(args).contains("--help");
    if (!help) {
      throw new UsageError("no verb and no build context", "try \"jbuild --help\"");
    }
    console.out().print(Overview.TEXT.get());
    return args.length == 0 ? WRONG_USAGE : OK;
  }

  /** The verb a first argument means: itself, or a build of the context it names. */
  private static Optional<Verb> verb(String word) {
    Optional<Verb> verb = Verb.of(word);
    if (verb.isPresent()) {
      return verb;
    }
    boolean context =
        word.startsWith("-")
            || word.contains("/")
            || word.equals(".")
            || word.equals("..")
            || isDirectory(word);
    return context ? Optional.of(Verb.BUILD) : Optional.empty();
  }

  private static boolean isDirectory(String word) {
    try {
      return Files.isDirectory(Path.of(word));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static UsageError unknown(String word) {
    String instead = ForeignFlags.insteadOfVerb(word);
    if (instead != null) {
      return new UsageError("there is no verb \"" + word + "\"", instead);
    }
    List<String> verbs = Arrays.stream(Verb.values()).map(Verb::word).toList();
    return new UsageError(
        "\"" + word + "\" is neither a verb nor a directory",
        Nearest.hint(word, verbs).orElse("\"jbuild --help\" lists the verbs"));
  }

  private int run(Verb verb, String[] args) throws IOException {
    Command command = verb.command();
    CommandLine parser = parser(verb, command);
    CommandLine.ParseResult parsed = parse(parser, verb, args);
    String config = command.global.config;
    if (config != null) {
      List<String> all =
          new ArrayList<>(
              ConfigFile.read(settings(config)).flags(verb, parser.getCommandSpec().optionsMap()));
      all.addAll(Arrays.asList(args));
      command = verb.command();
      parser = parser(verb, command);
      parsed = parse(parser, verb, all.toArray(String[]::new));
    }
    if (parsed.isUsageHelpRequested()) {
      console.out().print(parser.getUsageMessage(Ansi.OFF));
      return OK;
    }
    if (parsed.isVersionHelpRequested()) {
      console.out().println("jbuild " + Version.NUMBER);
      return OK;
    }
    try (Session session = new Session(console, command.global)) {
      return command.run(session);
    }
  }

  private static Path settings(String name) {
    try {
      Path file = Path.of(name);
      if (Files.isReadable(file) && !Files.isDirectory(file)) {
        return file;
      }
    } catch (InvalidPathException e) {
      // Said below.
    }
    throw new UsageError("--config: there is no file \"" + name + "\" to read");
  }

  private static CommandLine parser(Verb verb, Command command) {
    CommandLine parser = new CommandLine(command);
    parser.setCommandName("jbuild " + verb.word());
    parser.setCaseInsensitiveEnumValuesAllowed(true);
    parser.setOverwrittenOptionsAllowed(true);

    parser.getCommandSpec().usageMessage().description(verb.summary).abbreviateSynopsis(true);
    if (verb == Verb.EXECUTOR) {
      parser
          .getCommandSpec()
          .usageMessage()
          .footer(
              "",
              "Flags of Kaniko that are not listed are known: those that tune how Kaniko works are",
              "taken with a warning, those that cannot be honoured are an error that says what to"
                  + " do.");
    }
    return parser;
  }

  private static CommandLine.ParseResult parse(CommandLine parser, Verb verb, String[] args) {
    try {
      return parser.parseArgs(args);
    } catch (CommandLine.ParameterException e) {
      throw Words.usageError(e, verb.word(), args);
    }
  }
}
