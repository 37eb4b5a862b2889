package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * EXPOSE.
 *
 * @param ports as written; each may expand to several words, see {@code expand.PortSpec}
 */
public record ExposeInstruction(InstructionLine line, List<Word> ports) implements Instruction {
  public ExposeInstruction {
    requireNonNull(line);
    ports = List.copyOf(ports);
  }
}
