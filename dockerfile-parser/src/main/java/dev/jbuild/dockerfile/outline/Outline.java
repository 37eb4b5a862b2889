package dev.jbuild.dockerfile.outline;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.GlobalScope;
import dev.jbuild.dockerfile.expand.RunMount;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.format.Json;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of one target, for {@code --call outline}: its build arguments, secrets and SSH
 * agents, each in file order. A build argument is listed when a stage that the target needs
 * declares it, or, being global, when FROM of such a stage or another listed argument uses it.
 *
 * @param name of the target; null when it has none
 * @param description from the comment above it
 */
public record Outline(
    @Nullable String name,
    @Nullable String description,
    List<Argument> arguments,
    List<Input> secrets,
    List<Input> ssh) {
  public Outline {
    arguments = List.copyOf(arguments);
    secrets = List.copyOf(secrets);
    ssh = List.copyOf(ssh);
  }

  /**
   * A build argument.
   *
   * @param value its value without further ado: {@code --build-arg} or the default; null when unset
   */
  public record Argument(
      String name, @Nullable String description, @Nullable String value, SourceSpan span) {}

  /** A secret or SSH agent. */
  public record Input(String name, boolean required, SourceSpan span) {}

  /**
   * The outline of {@code target}.
   *
   * @param platformArgs BUILDPLATFORM and so on
   * @throws DockerfileException when a word does not expand or a stage is missing
   */
  public static Outline of(
      Dockerfile tree,
      Stage target,
      Map<String, String> platformArgs,
      Map<String, String> buildArgs) {
    return new Collector(tree, platformArgs, buildArgs).outline(target);
  }

  private static final class Collector {
    private final Dockerfile tree;
    private final WordExpander expander;
    private final Map<String, String> buildArgs;
    private final GlobalScope globals;
    private final StageGraph graph;
    private final Map<String, Argument> arguments = new LinkedHashMap<>();
    private final Map<String, Input> secrets = new LinkedHashMap<>();
    private final Map<String, Input> ssh = new LinkedHashMap<>();
    private final Map<Integer, StageScope> scopes = new LinkedHashMap<>();

    Collector(Dockerfile tree, Map<String, String> platformArgs, Map<String, String> buildArgs) {
      this.tree = tree;
      this.buildArgs = buildArgs;
      this.expander = new WordExpander(tree.directives().escape());
      this.globals = GlobalScope.of(tree.globalArgs(), platformArgs, buildArgs, expander);
      this.graph = StageGraph.of(tree, globals);
    }

    Outline outline(Stage target) {
      Set<String> used = new TreeSet<>();
      for (Stage stage : graph.needed(target)) {
        used.addAll(expander.expand(stage.from().image(), globals).used());
        Word platform = stage.from().platform();
        if (platform != null) {
          used.addAll(expander.expand(platform, globals).used());
        }
        stage(stage, used);
      }
      addGlobals(used);
      return new Outline(
          target.name().orElse(null),
          target.description(),
          inOrder(arguments.values().stream().toList(), Argument::span),
          inOrder(secrets.values().stream().toList(), Input::span),
          inOrder(ssh.values().stream().toList(), Input::span));
    }

    private static <T> List<T> inOrder(List<T> all, Function<T, SourceSpan> span) {
      return all.stream()
          .sorted(
              Comparator.comparingInt((T each) -> span.apply(each).startLine())
                  .thenComparingInt(each -> span.apply(each).startColumn()))
          .toList();
    }

    private void stage(Stage stage, Set<String> used) {
      StageScope scope =
          graph
              .base(stage)
              .map(base -> scopes.get(base.index()))
              .orElseGet(() -> StageScope.of(globals, buildArgs, Map.of()));
      for (Instruction instruction : stage.instructions()) {
        if (instruction instanceof ArgInstruction arg) {
          scope = scope.with(arg, expander);
          for (ArgInstruction.Declaration declaration : arg.declarations()) {
            declare(declaration, scope.arg(declaration.name().text()), used);
          }
        } else if (instruction instanceof EnvInstruction env) {
          scope = scope.with(env, expander);
        } else if (instruction instanceof RunInstruction run) {
          mounts(run, scope);
        }
      }
      scopes.put(stage.index(), scope);
    }

    /** An ARG that takes the global one over is listed as that. */
    private void declare(
        ArgInstruction.Declaration declaration, @Nullable String value, Set<String> used) {
      String name = declaration.name().text();
      boolean inherited =
          declaration.defaultValue() == null
              && tree.globalArgs().stream()
                  .flatMap(arg -> arg.declarations().stream())
                  .anyMatch(global -> global.name().text().equals(name));
      if (inherited) {
        used.add(name);
      } else {
        arguments.putIfAbsent(
            name, new Argument(name, declaration.description(), value, declaration.name().span()));
      }
    }

    private void mounts(RunInstruction run, StageScope scope) {
      for (var flag : run.mounts()) {
        SourceSpan span = flag.value().span();
        switch (RunMount.resolve(flag, expander, scope)) {
          case RunMount.Secret secret ->
              secrets.putIfAbsent(secret.id(), new Input(secret.id(), secret.required(), span));
          case RunMount.Ssh agent ->
              ssh.putIfAbsent(agent.id(), new Input(agent.id(), agent.required(), span));
          case RunMount.Bind none -> {}
          case RunMount.Cache none -> {}
          case RunMount.Tmpfs none -> {}
        }
      }
    }

    private void addGlobals(Set<String> used) {
      for (ArgInstruction arg : tree.globalArgs().reversed()) {
        for (ArgInstruction.Declaration declaration : arg.declarations().reversed()) {
          String name = declaration.name().text();
          if (used.contains(name)) {
            Word defaultValue = declaration.defaultValue();
            if (defaultValue != null) {
              used.addAll(expander.expand(defaultValue, globals).used());
            }
            arguments.put(
                name,
                new Argument(
                    name, declaration.description(), globals.get(name), declaration.name().span()));
          }
        }
      }
    }
  }

  /** As text with a table for each kind of input. */
  public String toText() {
    StringBuilder out = new StringBuilder();
    if (name != null) {
      out.append("TARGET:      ").append(name).append('\n');
    }
    if (description != null) {
      out.append("DESCRIPTION: ").append(description).append('\n');
    }
    if (!arguments.isEmpty()) {
      TextTable table = new TextTable("BUILD ARG", "VALUE", "DESCRIPTION");
      for (Argument argument : arguments) {
        table.row(argument.name(), orEmpty(argument.value()), orEmpty(argument.description()));
      }
      append(out, table);
    }
    append(out, "SECRET", secrets);
    append(out, "SSH", ssh);
    return out.toString();
  }

  private static void append(StringBuilder out, String heading, List<Input> inputs) {
    if (!inputs.isEmpty()) {
      TextTable table = new TextTable(heading, "REQUIRED");
      inputs.forEach(input -> table.row(input.name(), input.required() ? "true" : ""));
      append(out, table);
    }
  }

  private static void append(StringBuilder out, TextTable table) {
    out.append(out.isEmpty() ? "" : "\n").append(table);
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** As one JSON object. */
  public String toJson() {
    Json json = new Json().open('{').member("name", name).member("description", description);
    json.key("args").open('[');
    for (Argument argument : arguments) {
      json.newline().open('{').member("name", argument.name());
      json.member("description", argument.description()).member("value", argument.value());
      json.location(argument.span()).close('}');
    }
    json.close(']');
    inputs(json.key("secrets"), secrets);
    inputs(json.key("ssh"), ssh);
    return json.close('}') + "\n";
  }

  private static void inputs(Json json, List<Input> inputs) {
    json.open('[');
    for (Input input : inputs) {
      json.newline().open('{').member("name", input.name());
      if (input.required()) {
        json.key("required").raw(true);
      }
      json.location(input.span()).close('}');
    }
    json.close(']');
  }
}
