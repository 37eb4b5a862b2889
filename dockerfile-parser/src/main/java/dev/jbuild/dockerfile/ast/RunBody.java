package dev.jbuild.dockerfile.ast;

import java.util.List;

/**
 * What a RUN executes once its heredocs are put in place (BuildKit dispatchRun):
 *
 * <ul>
 *   <li>the JSON form is an argv;
 *   <li>a command that is one heredoc and nothing else runs the body in the shell, or, when the
 *       body begins with {@code #!}, as an executable file;
 *   <li>any other text with heredocs is put together again for the shell to understand.
 * </ul>
 */
public sealed interface RunBody {
  /** Run as it is, without a shell. */
  record Exec(List<String> arguments) implements RunBody {}

  /** One argument after the SHELL in force. */
  record ShellText(String text) implements RunBody {}

  /**
   * A file of mode 0755 at {@code /dev/pipes/<name>}, run by that path after the SHELL in force.
   */
  record Script(String name, String content) implements RunBody {}

  /** The body of {@code command}. */
  static RunBody of(CommandForm command) {
    return switch (command) {
      case ExecForm exec -> new Exec(exec.arguments());
      case ShellForm shell -> ofShell(shell);
    };
  }

  private static RunBody ofShell(ShellForm shell) {
    List<Heredoc> heredocs = shell.heredocs();
    if (heredocs.isEmpty()) {
      return new ShellText(shell.text());
    }
    Heredoc first = heredocs.getFirst();
    if (heredocs.size() == 1 && shell.text().equals(first.word().text())) {
      return first.content().startsWith("#!")
          ? new Script(first.name(), first.data())
          : new ShellText(first.data());
    }
    StringBuilder text = new StringBuilder(shell.text());
    for (Heredoc heredoc : heredocs) {
      text.append('\n').append(heredoc.content()).append(heredoc.name());
    }
    return new ShellText(text.toString());
  }
}
