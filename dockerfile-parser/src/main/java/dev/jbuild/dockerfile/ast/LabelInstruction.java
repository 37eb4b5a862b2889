package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * LABEL.
 *
 * @param pairs at least one
 * @param legacy whether it is written {@code LABEL key value}, where the value is the rest of the
 *     line
 */
public record LabelInstruction(InstructionLine line, List<KeyValue> pairs, boolean legacy)
    implements Instruction {
  public LabelInstruction {
    requireNonNull(line);
    pairs = List.copyOf(pairs);
  }
}
