package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * WORKDIR.
 *
 * @param path expands when planned
 */
public record WorkdirInstruction(InstructionLine line, Word path) implements Instruction {
  public WorkdirInstruction {
    requireNonNull(line);
    requireNonNull(path);
  }
}
