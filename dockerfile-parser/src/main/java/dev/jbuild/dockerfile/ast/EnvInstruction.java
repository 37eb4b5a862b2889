package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * ENV.
 *
 * @param pairs at least one
 * @param legacy whether it is written {@code ENV key value}, where the value is the rest of the
 *     line
 */
public record EnvInstruction(InstructionLine line, List<KeyValue> pairs, boolean legacy)
    implements Instruction {
  public EnvInstruction {
    requireNonNull(line);
    pairs = List.copyOf(pairs);
  }
}
