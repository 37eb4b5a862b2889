package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * SHELL; only the JSON form exists.
 *
 * @param arguments at least one
 */
public record ShellInstruction(InstructionLine line, List<String> arguments)
    implements Instruction {
  public ShellInstruction {
    requireNonNull(line);
    arguments = List.copyOf(arguments);
  }
}
