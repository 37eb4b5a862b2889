package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/** CMD. */
public record CmdInstruction(InstructionLine line, CommandForm command) implements Instruction {
  public CmdInstruction {
    requireNonNull(line);
    requireNonNull(command);
  }
}
