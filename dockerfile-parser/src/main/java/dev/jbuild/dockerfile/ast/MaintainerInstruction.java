package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * MAINTAINER.
 *
 * @param author never expanded
 */
public record MaintainerInstruction(InstructionLine line, Word author) implements Instruction {
  public MaintainerInstruction {
    requireNonNull(line);
    requireNonNull(author);
  }
}
