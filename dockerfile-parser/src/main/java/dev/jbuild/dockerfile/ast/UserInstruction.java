package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * USER.
 *
 * @param user expands when planned
 */
public record UserInstruction(InstructionLine line, Word user) implements Instruction {
  public UserInstruction {
    requireNonNull(line);
    requireNonNull(user);
  }
}
