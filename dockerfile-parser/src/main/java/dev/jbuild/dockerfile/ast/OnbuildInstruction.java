package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * ONBUILD.
 *
 * @param expression the trigger as the image config stores it: the rest of the logical line, then
 *     its heredocs with their terminators
 * @param trigger the trigger parsed; never ONBUILD, FROM or MAINTAINER
 */
public record OnbuildInstruction(InstructionLine line, String expression, Instruction trigger)
    implements Instruction {
  public OnbuildInstruction {
    requireNonNull(line);
    requireNonNull(expression);
    requireNonNull(trigger);
  }
}
