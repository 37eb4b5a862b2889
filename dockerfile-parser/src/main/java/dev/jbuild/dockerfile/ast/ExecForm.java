package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A command written as a JSON array.
 *
 * @param arguments the decoded strings; may be empty
 */
public record ExecForm(List<String> arguments, SourceSpan span) implements CommandForm {
  public ExecForm {
    requireNonNull(span);
    arguments = List.copyOf(arguments);
  }
}
