package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * STOPSIGNAL.
 *
 * @param signal name or number, expands when planned; see {@code expand.Signals}
 */
public record StopsignalInstruction(InstructionLine line, Word signal) implements Instruction {
  public StopsignalInstruction {
    requireNonNull(line);
    requireNonNull(signal);
  }
}
