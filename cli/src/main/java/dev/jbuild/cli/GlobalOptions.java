package dev.jbuild.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags of every verb; they may also stand before the verb. */
final class GlobalOptions {
  @Option(
      names = "--root",
      paramLabel = "DIR",
      description =
          "the store; default $JBUILD_ROOT, else /var/lib/jbuild for root and"
              + " $XDG_DATA_HOME/jbuild for others")
  @Nullable String root;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "a file of flags, FLAG = VALUE a line, below [VERB] for one verb; those that are typed"
              + " win")
  @Nullable String config;

  @Option(names = "--debug", description = "show stack traces")
  boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this help")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "show the version")
  boolean version;

  /** How many of {@code args}, from {@code at} on, make up one global flag; 0 if it is none. */
  static int width(String[] args, int at) {
    String arg = args[at];
    return switch (arg) {
      case "--debug", "-h", "--help", "-V", "--version" -> 1;
      case "--root", "--config" -> Math.min(2, args.length - at);
      default -> arg.startsWith("--root=") || arg.startsWith("--config=") ? 1 : 0;
    };
  }
}
