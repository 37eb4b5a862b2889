package dev.jbuild.cli;

import dev.jbuild.dockerfile.ast.Nearest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Says what is wrong with arguments in the words of this command. */
final class Words {
  private Words() {}

  static UsageError usageError(CommandLine.ParameterException e, String verb, String[] args) {
    return switch (e) {
      case CommandLine.UnmatchedArgumentException unmatched ->
          unmatched(unmatched, unmatched.getUnmatched().getFirst(), verb);
      // of a flag that does not exist and a missing argument, picocli tells of the latter
      case CommandLine.MissingParameterException missing when unknownFlag(missing, args) != null ->
          unmatched(missing, String.valueOf(unknownFlag(missing, args)), verb);
      case CommandLine.MissingParameterException missing ->
          missing.getMissing().isEmpty()
              ? new UsageError(plain(e))
              : missing(missing.getMissing().getFirst(), verb);
      default -> new UsageError(plain(e), "see \"jbuild " + verb + " --help\"");
    };
  }

  private static @Nullable String unknownFlag(CommandLine.ParameterException e, String[] args) {
    Set<String> known = e.getCommandLine().getCommandSpec().optionsMap().keySet();
    for (String arg : args) {
      int equals = arg.indexOf('=');
      if (arg.equals("--")) {
        return null;
      }
      String name = equals < 0 ? arg : arg.substring(0, equals);
      boolean isLong = arg.startsWith("--");
      boolean isShort = !isLong && arg.startsWith("-") && arg.length() > 1;
      if ((isLong && !known.contains(name)) || (isShort && !known.contains(arg.substring(0, 2)))) {
        return arg;
      }
    }
    return null;
  }

  private static UsageError unmatched(CommandLine.ParameterException e, String word, String verb) {
    String flag =
        word.startsWith("-") && word.indexOf('=') > 0 ? word.substring(0, word.indexOf('=')) : word;
    if (!word.startsWith("-")) {
      return new UsageError("unexpected argument \"" + word + "\" for " + verb);
    }
    String instead = ForeignFlags.insteadOf(verb, flag);
    if (instead != null) {
      return new UsageError("flag \"" + flag + "\" of docker build is not supported", instead);
    }
    List<String> known =
        e.getCommandLine().getCommandSpec().options().stream()
            .map(OptionSpec::longestName)
            .toList();
    return new UsageError(
        "unknown flag \"" + flag + "\" for " + verb,
        Nearest.hint(flag, known).orElse("see \"jbuild " + verb + " --help\""));
  }

  private static UsageError missing(ArgSpec spec, String verb) {
    return switch (spec) {
      case PositionalParamSpec positional ->
          new UsageError(
              verb + " needs " + positional.paramLabel(), "see \"jbuild " + verb + " --help\"");
      case OptionSpec option
          when option.required() && option.getValue() == null && option.arity().min() > 0 ->
          new UsageError(verb + " needs " + option.longestName() + " " + option.paramLabel());
      case OptionSpec option ->
          new UsageError(option.longestName() + " needs a value: " + option.paramLabel());
      default -> new UsageError("a value is missing");
    };
  }

  private static String plain(CommandLine.ParameterException e) {
    String message = e.getMessage() == null ? "wrong usage" : e.getMessage();
    return message.isEmpty()
        ? message
        : message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
  }
}
