package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import dev.jbuild.engine.event.Step;
import java.util.ArrayList;
import java.util.List;

/** Numbers and names the steps of one stage: {@code [build 2/5] RUN make}. */
final class StageSteps {
  private final String label;
  private final String id;
  private final List<Step> made = new ArrayList<>();
  private int total = 1;
  private int number = 1;

  StageSteps(String label, String id) {
    this.label = label;
    this.id = id;
  }

  /** How many steps there will be, FROM included. */
  void count(List<Instruction> instructions) {
    for (Instruction instruction : instructions) {
      if (instruction instanceof RunInstruction
          || instruction instanceof CopyInstruction
          || instruction instanceof AddInstruction
          || instruction instanceof WorkdirInstruction) {
        total++;
      }
    }
  }

  /** The step of the stage's FROM; its text names no total, which is not known yet. */
  Step base(String text, SourceSpan span) {
    String prefix = label.isEmpty() ? "" : "[" + label + "] ";
    return add(new Step(id + "/1", prefix + text, span));
  }

  /** The next step. */
  Step next(String text, SourceSpan span) {
    number++;
    String prefix = label.isEmpty() ? "" : label + " ";
    return add(
        new Step(id + "/" + number, "[" + prefix + number + "/" + total + "] " + text, span));
  }

  List<Step> made() {
    return made;
  }

  private Step add(Step step) {
    made.add(step);
    return step;
  }
}
