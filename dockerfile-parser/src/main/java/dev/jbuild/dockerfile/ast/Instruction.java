package dev.jbuild.dockerfile.ast;

import java.util.Locale;

/** One instruction of a Dockerfile. The language is closed: there are these 18 and no others. */
public sealed interface Instruction
    permits AddInstruction,
        ArgInstruction,
        CmdInstruction,
        CopyInstruction,
        EntrypointInstruction,
        EnvInstruction,
        ExposeInstruction,
        FromInstruction,
        HealthcheckInstruction,
        LabelInstruction,
        MaintainerInstruction,
        OnbuildInstruction,
        RunInstruction,
        ShellInstruction,
        StopsignalInstruction,
        UserInstruction,
        VolumeInstruction,
        WorkdirInstruction {

  /** Where and how the instruction is written. */
  InstructionLine line();

  /** From the keyword to the end of the last argument or heredoc terminator. */
  default SourceSpan span() {
    return line().span();
  }

  /** The logical line, continuations joined, without heredoc bodies. */
  default String text() {
    return line().text();
  }

  /** The keyword in upper case. */
  default String name() {
    return line().keyword().text().toUpperCase(Locale.ROOT);
  }
}
