package dev.jbuild.dockerfile.golden;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.ExposeInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.LabelInstruction;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.StopsignalInstruction;
import dev.jbuild.dockerfile.ast.UserInstruction;
import dev.jbuild.dockerfile.ast.VolumeInstruction;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import dev.jbuild.dockerfile.expand.GlobalScope;
import dev.jbuild.dockerfile.expand.PortSpec;
import dev.jbuild.dockerfile.expand.RunMount;
import dev.jbuild.dockerfile.expand.Signals;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.outline.StageGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a planner sees: the stages a target needs, each instruction expanded in its scope. */
final class ExpansionDump {
  private final WordExpander expander;
  private final StringBuilder out = new StringBuilder();
  private StageScope scope;

  private ExpansionDump(WordExpander expander, StageScope scope) {
    this.expander = expander;
    this.scope = scope;
  }

  static String of(
      Dockerfile tree,
      Stage target,
      Map<String, String> platformArgs,
      Map<String, String> buildArgs) {
    WordExpander expander = new WordExpander(tree.directives().escape());
    GlobalScope globals = GlobalScope.of(tree.globalArgs(), platformArgs, buildArgs, expander);
    StageGraph graph = StageGraph.of(tree, globals);
    Map<Integer, StageScope> ends = new HashMap<>();
    StringBuilder out = new StringBuilder();
    for (Stage stage : graph.needed(target)) {
      StageScope begin =
          graph
              .base(stage)
              .map(base -> ends.get(base.index()))
              .orElseGet(() -> StageScope.of(globals, buildArgs, Map.of("PATH", "/bin")));
      ExpansionDump dump = new ExpansionDump(expander, begin);
      dump.from(stage, globals, graph);
      for (Instruction instruction : stage.instructions()) {
        dump.instruction(stage, instruction, graph);
      }
      ends.put(stage.index(), dump.scope);
      out.append(dump.out);
    }
    return out.toString();
  }

  private void from(Stage stage, GlobalScope globals, StageGraph graph) {
    out.append("stage ").append(stage.index());
    stage.name().ifPresent(name -> out.append(' ').append(name));
    out.append(": FROM ").append(expander.expand(stage.from().image(), globals).text());
    Word platform = stage.from().platform();
    if (platform != null) {
      out.append(" platform ").append(expander.expand(platform, globals).text());
    }
    graph.base(stage).ifPresent(base -> out.append(" = stage ").append(base.index()));
    out.append('\n');
  }

  private String text(Word word) {
    return "<" + expander.expand(word, scope).text() + ">";
  }

  private String texts(List<Word> words) {
    return String.join(" ", words.stream().map(this::text).toList());
  }

  private void instruction(Stage stage, Instruction instruction, StageGraph graph) {
    String result =
        switch (instruction) {
          case EnvInstruction env -> {
            scope = scope.with(env, expander);
            yield "now " + scope.env();
          }
          case ArgInstruction arg -> {
            scope = scope.with(arg, expander);
            yield "now " + scope.args();
          }
          case RunInstruction run -> {
            List<RunMount> mounts = new ArrayList<>();
            for (MountFlag mount : run.mounts()) {
              mounts.add(RunMount.resolve(mount, expander, scope));
              graph
                  .source(stage, mount)
                  .ifPresent(from -> out.append("  (mount from stage " + from.index() + ")\n"));
            }
            yield run.body() + " mounts " + mounts + " env " + scope.runEnvironment();
          }
          case CopyInstruction copy -> {
            graph
                .source(stage, copy)
                .ifPresent(from -> out.append("  (copy from stage " + from.index() + ")\n"));
            yield sources(copy.sources()) + " to " + text(copy.destination());
          }
          case AddInstruction add -> sources(add.sources()) + " to " + text(add.destination());
          case LabelInstruction label -> {
            List<String> pairs = new ArrayList<>();
            for (KeyValue pair : label.pairs()) {
              pairs.add(text(pair.key()) + "=" + text(pair.value()));
            }
            yield String.join(" ", pairs);
          }
          case ExposeInstruction expose -> ports(expose);
          case UserInstruction user -> text(user.user());
          case WorkdirInstruction workdir -> text(workdir.path());
          case VolumeInstruction volume -> texts(volume.paths());
          case StopsignalInstruction signal ->
              text(signal.signal())
                  + " "
                  + Signals.isValid(expander.expand(signal.signal(), scope).text());
          case OnbuildInstruction onbuild -> onbuild.expression();
          default -> instruction.text();
        };
    out.append("  ").append(instruction.name()).append(' ').append(result).append('\n');
  }

  private String sources(List<CopySource> sources) {
    List<String> texts = new ArrayList<>();
    for (CopySource source : sources) {
      texts.add(
          switch (source) {
            case CopySource.Path path -> text(path.path());
            case CopySource.Inline inline ->
                inline.heredoc().name()
                    + "<<"
                    + WordExpander.expand(inline.heredoc(), scope).text()
                    + ">>";
          });
    }
    return String.join(" ", texts);
  }

  private String ports(ExposeInstruction expose) {
    List<String> ports = new ArrayList<>();
    for (Word word : expose.ports()) {
      for (String port : expander.expand(word, scope).words()) {
        try {
          ports.addAll(PortSpec.parse(port));
        } catch (IllegalArgumentException e) {
          throw new DockerfileException(
              List.of(Diagnostic.error(word.span(), String.valueOf(e.getMessage()), null)));
        }
      }
    }
    return String.join(" ", ports.stream().sorted().toList());
  }
}
