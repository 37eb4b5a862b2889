package dev.jbuild.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild completion bash|zsh|fish}: a script to be read by the shell. It knows verbs, flags
 * and the values of flags that have but a few, and leaves the rest to the shell's own completion of
 * file names. It starts no jbuild when a key is pressed.
 */
@picocli.CommandLine.Command
final class CompletionCommand extends Command {
  @Parameters(paramLabel = "bash|zsh|fish", description = "the shell")
  String shell = "";

  @Override
  int run(Session session) {
    String script =
        switch (shell) {
          case "bash" -> bash();
          // zsh reads bash's completions
          case "zsh" -> "autoload -U +X bashcompinit && bashcompinit\n" + bash();
          case "fish" -> fish();
          default ->
              throw new UsageError(
                  "completion is for bash, zsh and fish, not \"" + shell + "\"",
                  "source <(jbuild completion bash)");
        };
    session.console().out().print(script);
    return Jbuild.OK;
  }

  private static List<OptionSpec> options(Verb verb) {
    return new CommandLine(verb.command())
        .getCommandSpec().options().stream().filter(option -> !option.hidden()).toList();
  }

  private static boolean takesValue(OptionSpec option) {
    return option.arity().min() > 0;
  }

  /** {@code a|b|c}, where that is what the help says. */
  private static List<String> values(OptionSpec option) {
    String label = option.paramLabel();
    return takesValue(option) && label.matches("[a-z]+(\\|[a-z]+)+")
        ? List.of(label.split("\\|"))
        : List.of();
  }

  private static String bash() {
    StringBuilder script = new StringBuilder("# jbuild: source <(jbuild completion bash)\n");
    script.append("_jbuild() {\n");
    script.append("  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n");
    script.append("  local verb=build word flags values=\n");
    script.append("  [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n");
    script.append("  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $word in\n");
    script.append("      ").append(verbs("|")).append(") verb=$word; break ;;\n");
    script.append("    esac\n  done\n  case $verb in\n");
    for (Verb verb : Verb.values()) {
      List<OptionSpec> options = options(verb);
      script.append("    ").append(verb.word()).append(")\n      flags=\"");
      script.append(
          options.stream().map(OptionSpec::longestName).sorted().collect(Collectors.joining(" ")));
      script.append("\"\n      case $prev in\n");
      for (OptionSpec option : options) {
        if (!values(option).isEmpty()) {
          script
              .append("        ")
              .append(String.join("|", option.names()))
              .append(") values=\"")
              .append(String.join(" ", values(option)))
              .append("\" ;;\n");
        }
      }
      script.append("      esac ;;\n");
    }
    script.append("  esac\n");
    script.append("  if [[ -n $values ]]; then\n");
    script.append("    COMPREPLY=($(compgen -W \"$values\" -- \"${cur#=}\"))\n");
    script.append("  elif [[ $cur == -* ]]; then\n");
    script.append("    COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n");
    script.append("  elif [[ $COMP_CWORD == 1 ]]; then\n");
    script.append("    COMPREPLY=($(compgen -W \"").append(verbs(" "));
    script.append("\" -- \"$cur\") $(compgen -d -- \"$cur\"))\n");
    script.append("  else\n    COMPREPLY=()\n  fi\n}\n");
    script.append("complete -o default -F _jbuild jbuild\n");
    return script.toString();
  }

  private static String fish() {
    StringBuilder script = new StringBuilder("# jbuild: jbuild completion fish | source\n");
    for (Verb verb : Verb.values()) {
      script
          .append("complete -c jbuild -n __fish_use_subcommand -a ")
          .append(verb.word())
          .append(" -d ")
          .append(quoted(verb.summary))
          .append('\n');
      for (OptionSpec option : options(verb)) {
        script
            .append("complete -c jbuild -n '__fish_seen_subcommand_from ")
            .append(verb.word())
            .append('\'');
        for (String name : option.names()) {
          script
              .append(name.startsWith("--") ? " -l " : " -s ")
              .append(name.replaceFirst("-+", ""));
        }
        script.append(takesValue(option) ? " -r" : "");
        List<String> values = values(option);
        script.append(values.isEmpty() ? "" : " -f -a " + quoted(String.join(" ", values)));
        script.append(" -d ").append(quoted(String.join(" ", option.description()))).append('\n');
      }
    }
    return script.toString();
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  private static String verbs(String separator) {
    List<String> words = new ArrayList<>();
    for (Verb verb : Verb.values()) {
      words.add(verb.word());
    }
    return String.join(separator, words);
  }
}
