package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/** ENTRYPOINT. */
public record EntrypointInstruction(InstructionLine line, CommandForm command)
    implements Instruction {
  public EntrypointInstruction {
    requireNonNull(line);
    requireNonNull(command);
  }
}
