package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ARG, global or in a stage.
 *
 * @param declarations at least one, evaluated left to right
 */
public record ArgInstruction(InstructionLine line, List<Declaration> declarations)
    implements Instruction {
  public ArgInstruction {
    requireNonNull(line);
    declarations = List.copyOf(declarations);
  }

  /**
   * {@code name} or {@code name=default}.
   *
   * @param name never expanded
   * @param defaultValue expands when planned; null when there is no {@code =}
   * @param description from a comment {@code # name description} directly above
   */
  public record Declaration(Word name, @Nullable Word defaultValue, @Nullable String description) {}
}
