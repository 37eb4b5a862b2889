package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Directives;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.InstructionLine;
import dev.jbuild.dockerfile.ast.PartialDockerfile;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Puts instructions into stages, and notes where one is missing. Not thread-safe. */
final class StageCollector {
  private final List<ArgInstruction> globalArgs = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<Instruction> body = new ArrayList<>();
  private final Set<Integer> unread = new HashSet<>();
  private final Map<Integer, Integer> gaps = new HashMap<>();
  private boolean globalsWhole = true;
  private boolean stagesWhole = true;
  private @Nullable FromInstruction from;

  /** Whether a FROM was seen, be it a wrong one: what follows is not blamed for that. */
  boolean inStage() {
    return from != null;
  }

  boolean isEmpty() {
    return stages.isEmpty();
  }

  List<ArgInstruction> globalArgs() {
    return globalArgs;
  }

  /**
   * Begins a stage.
   *
   * @param instruction null when it could not be read
   */
  void begin(Word keyword, @Nullable FromInstruction instruction) {
    end();
    if (instruction == null) {
      unread.add(stages.size());
      stagesWhole = false;
    }
    from = instruction == null ? unread(keyword) : instruction;
  }

  private static FromInstruction unread(Word keyword) {
    InstructionLine line =
        new InstructionLine(
            keyword.span(), keyword, List.of(), keyword.text(), List.of(), List.of());
    return new FromInstruction(line, new Word("", keyword.span()), null, null, null);
  }

  void add(Instruction instruction) {
    if (inStage()) {
      body.add(instruction);
    } else if (instruction instanceof ArgInstruction arg) {
      globalArgs.add(arg);
    }
  }

  /** An instruction, no FROM, could not be read. */
  void gap() {
    if (inStage()) {
      gaps.putIfAbsent(stages.size(), body.size());
    } else {
      globalsWhole = false;
    }
  }

  /** There was something that may have been anything, a FROM too. */
  void lost() {
    gap();
    stagesWhole = false;
  }

  /** Ends the last stage. */
  void end() {
    if (from != null) {
      Word name = from.stageName();
      String description =
          name == null
              ? null
              : Descriptions.of(from.line().comments(), name.text().toLowerCase(Locale.ROOT));
      stages.add(new Stage(stages.size(), from, body, description));
    }
    from = null;
    body.clear();
  }

  Dockerfile tree(String file, SourceText source, Directives directives) {
    return new Dockerfile(file, source, directives, globalArgs, stages);
  }

  PartialDockerfile partial(String file, SourceText source, Directives directives) {
    return new PartialDockerfile(
        tree(file, source, directives), globalsWhole, stagesWhole, unread, gaps);
  }
}
