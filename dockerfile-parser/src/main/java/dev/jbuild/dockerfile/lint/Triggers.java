package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import java.util.ArrayList;
import java.util.List;

/** What ONBUILD of a stage does in the stages that are FROM it. */
final class Triggers {
  private Triggers() {}

  /**
   * The triggers that {@code base} adds to {@code stage}, in order, before its own instructions. As
   * in BuildKit their place is the FROM that fires them.
   */
  static List<Instruction> of(Stage base, Stage stage) {
    List<Instruction> triggers = new ArrayList<>();
    for (Instruction instruction : base.instructions()) {
      if (instruction instanceof OnbuildInstruction onbuild) {
        try {
          triggers.add(DockerfileParser.parseTrigger(onbuild.expression(), stage.from().span()));
        } catch (DockerfileException e) {
          // It is read with a backslash as the escape character; the build says so.
        }
      }
    }
    return triggers;
  }
}
