package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A command for the shell in force. The text is one argument to that shell: the builder never
 * expands variables in it (BuildKit semantics, dispatchRun).
 *
 * @param text the rest of the logical line
 * @param heredocs the heredocs named in the text, in order; only RUN has any
 */
public record ShellForm(String text, List<Heredoc> heredocs, SourceSpan span)
    implements CommandForm {
  public ShellForm {
    requireNonNull(text);
    requireNonNull(span);
    heredocs = List.copyOf(heredocs);
  }
}
