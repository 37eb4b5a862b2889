package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.CmdInstruction;
import dev.jbuild.dockerfile.ast.CommandForm;
import dev.jbuild.dockerfile.ast.Comment;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.EntrypointInstruction;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.HealthcheckInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.LabelInstruction;
import dev.jbuild.dockerfile.ast.MaintainerInstruction;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.ShellForm;
import dev.jbuild.dockerfile.ast.ShellInstruction;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.outline.StageGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Rules about how instructions are written. */
final class StyleRules {
  private final Findings findings;

  private StyleRules(Findings findings) {
    this.findings = findings;
  }

  /**
   * @param stages those whose instructions are looked at
   * @param graph what stages are FROM, when that can be told
   */
  static void check(
      Dockerfile tree, List<Stage> stages, Optional<StageGraph> graph, Findings findings) {
    StyleRules rules = new StyleRules(findings);
    rules.casing(tree.stages());
    for (ArgInstruction arg : tree.globalArgs()) {
      rules.written(arg);
    }
    for (Stage stage : tree.stages()) {
      rules.written(stage.from());
      stage.instructions().forEach(rules::written);
    }
    Set<Integer> wanted = stages.stream().map(Stage::index).collect(Collectors.toSet());
    Set<Integer> shells = new HashSet<>();
    for (Stage stage : tree.stages()) {
      Optional<Stage> base = graph.flatMap(found -> found.base(stage));
      boolean shell = base.filter(found -> shells.contains(found.index())).isPresent();
      List<Instruction> all =
          new ArrayList<>(base.map(found -> Triggers.of(found, stage)).orElse(List.of()));
      all.addAll(stage.instructions());
      StyleRules sink =
          wanted.contains(stage.index()) ? rules : new StyleRules(findings.discarding());
      if (sink.stage(all, shell)) {
        shells.add(stage.index());
      }
    }
  }

  /** What needs to be known of no stage: of all of the file, as BuildKit has it. */
  private void written(Instruction instruction) {
    continuations(instruction);
    if (instruction instanceof ArgInstruction arg) {
      descriptions(arg);
    } else if (instruction instanceof FromInstruction from) {
      descriptions(from);
    } else if (instruction instanceof MaintainerInstruction maintainer) {
      findings.add(
          Rule.MAINTAINER_DEPRECATED,
          maintainer.span(),
          "MAINTAINER is deprecated",
          "write LABEL org.opencontainers.image.authors=" + Quoted.of(maintainer.author().text()));
    }
  }

  /** Returns whether there is a SHELL after {@code instructions}. */
  private boolean stage(List<Instruction> instructions, boolean inheritedShell) {
    Map<String, Instruction> last = new HashMap<>();
    boolean ownShell = inheritedShell;
    for (Instruction instruction : instructions) {
      if (instruction instanceof ShellInstruction) {
        ownShell = true;
      } else if (instruction instanceof CmdInstruction cmd) {
        jsonForm(cmd, cmd.command(), ownShell);
        once(cmd, last);
      } else if (instruction instanceof EntrypointInstruction entrypoint) {
        jsonForm(entrypoint, entrypoint.command(), ownShell);
        once(entrypoint, last);
      } else if (instruction instanceof HealthcheckInstruction health) {
        once(health, last);
      } else if (instruction instanceof EnvInstruction env && env.legacy()) {
        legacy(env);
      } else if (instruction instanceof LabelInstruction label && label.legacy()) {
        legacy(label);
      }
    }
    return ownShell;
  }

  private void continuations(Instruction instruction) {
    instruction
        .line()
        .blankContinuations()
        .forEach(blank ->
            findings.add(
                Rule.NO_EMPTY_CONTINUATION,
                blank,
                "blank line within a continued line",
                "remove it, or end the instruction before it"));
  }

  private void legacy(Instruction instruction) {
    String name = instruction.name();
    findings.add(
        Rule.LEGACY_KEY_VALUE_FORMAT,
        instruction.span(),
        name + " is written in the legacy form, name and value parted by a blank",
        "write " + name + " name=value");
  }

  private void jsonForm(Instruction instruction, CommandForm command, boolean ownShell) {
    if (command instanceof ShellForm shell && shell.text().startsWith("[") && !ownShell) {
      findings.add(
          Rule.JSON_ARGS_RECOMMENDED,
          instruction.span(),
          instruction.name() + " runs in a shell, since what begins with \"[\" is no JSON array",
          "put its strings in double quotes, with commas between: [\"command\", \"argument\"]");
    } else if (command instanceof ShellForm && !ownShell) {
      findings.add(
          Rule.JSON_ARGS_RECOMMENDED,
          instruction.span(),
          instruction.name() + " runs in a shell, which does not pass signals on",
          "write the JSON form, " + instruction.name() + " [\"command\", \"argument\"]");
    }
  }

  private void once(Instruction instruction, Map<String, Instruction> last) {
    Instruction before = last.put(instruction.name(), instruction);
    if (before != null) {
      findings.add(
          Rule.MULTIPLE_INSTRUCTIONS_DISALLOWED,
          before.span(),
          instruction.name()
              + " is overridden by the one on line "
              + instruction.span().startLine(),
          "remove it; only the last " + instruction.name() + " of a stage counts");
    }
  }

  private void casing(List<Stage> stages) {
    List<Instruction> all = new ArrayList<>();
    for (Stage stage : stages) {
      all.add(stage.from());
      all.addAll(stage.instructions());
    }
    long lower = all.stream().filter(each -> isLower(keyword(each))).count();
    long upper = all.stream().filter(each -> isUpper(keyword(each))).count();
    boolean wantLower = lower > upper;
    for (Instruction instruction : all) {
      String keyword = keyword(instruction);
      if (wantLower ? !isLower(keyword) : !isUpper(keyword)) {
        findings.add(
            Rule.CONSISTENT_INSTRUCTION_CASING,
            instruction.line().keyword().span(),
            "instruction "
                + Quoted.of(keyword)
                + " is not in "
                + (wantLower ? "lower" : "upper")
                + " case like most others",
            "write "
                + (wantLower
                    ? keyword.toLowerCase(Locale.ROOT)
                    : keyword.toUpperCase(Locale.ROOT)));
      }
    }
  }

  private static String keyword(Instruction instruction) {
    return instruction.line().keyword().text();
  }

  private static boolean isLower(String text) {
    return text.equals(text.toLowerCase(Locale.ROOT));
  }

  private static boolean isUpper(String text) {
    return text.equals(text.toUpperCase(Locale.ROOT));
  }

  private void descriptions(ArgInstruction arg) {
    List<String> names =
        arg.declarations().stream().map(declaration -> declaration.name().text()).toList();
    descriptions(arg, names, names.size() == 1 ? names.getFirst() : "name");
  }

  private void descriptions(FromInstruction from) {
    Word name = from.stageName();
    if (name != null) {
      String lower = name.text().toLowerCase(Locale.ROOT);
      descriptions(from, List.of(lower), lower);
    }
  }

  private void descriptions(Instruction instruction, List<String> names, String example) {
    List<Comment> comments = instruction.line().comments();
    if (comments.isEmpty()) {
      return;
    }
    String text = comments.getLast().text();
    int blank = text.indexOf(' ');
    if (!names.contains(blank < 0 ? text : text.substring(0, blank))) {
      findings.add(
          Rule.INVALID_DEFINITION_DESCRIPTION,
          instruction.span(),
          "comment above " + instruction.name() + " does not describe what it defines",
          "write \"# " + example + " description\", or part them by a blank line");
    }
  }
}
