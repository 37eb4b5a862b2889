package dev.jbuild.dockerfile.outline;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.GlobalScope;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What of a tree no build accepts, whatever is in its base images: words that do not expand, values
 * that an instruction does not take once they are expanded, stages that are not there. All of it is
 * found in one pass, where a planner stops at the first.
 *
 * <p>Each is true: a variable that a base image may define is taken to have some value, and what
 * depends on such a value, or on one that did not expand, is not judged.
 */
public final class BuildErrors {
  /** {@code os(version)/arch/variant}; which ones there are is told when an image is chosen. */
  private static final Pattern PLATFORM =
      Pattern.compile("[A-Za-z0-9_.-]+(?:\\([A-Za-z0-9_.-]*\\))?(?:/[A-Za-z0-9_.-]+){0,2}");

  private final Dockerfile tree;
  private final Set<String> contexts;
  private final Map<String, String> buildArgs;
  private final WordExpander expander;
  private final GlobalScope globals;
  private final Set<Diagnostic> errors = new LinkedHashSet<>();
  private final Map<Integer, Values> ends = new HashMap<>();

  /** The first stage of each name. */
  private final Map<String, Integer> names = new HashMap<>();

  private BuildErrors(
      Dockerfile tree, Set<String> contexts, Map<String, String> buildArgs, GlobalScope globals) {
    this.tree = tree;
    this.contexts = contexts;
    this.buildArgs = buildArgs;
    this.globals = globals;
    this.expander = new WordExpander(tree.directives().escape());
  }

  /**
   * The errors, in file order.
   *
   * @param targets the stages to be built; those they need are looked at too, and no others
   * @param contexts names of build contexts, which take the place of stages and images
   * @param platformArgs BUILDPLATFORM and so on, with their values
   * @param buildArgs {@code --build-arg}
   */
  public static List<Diagnostic> of(
      Dockerfile tree,
      List<Stage> targets,
      Set<String> contexts,
      Map<String, String> platformArgs,
      Map<String, String> buildArgs) {
    GlobalScope globals;
    try {
      WordExpander expander = new WordExpander(tree.directives().escape());
      globals = GlobalScope.of(tree.globalArgs(), platformArgs, buildArgs, expander);
    } catch (DockerfileException e) {
      return e.diagnostics();
    }
    BuildErrors found = new BuildErrors(tree, contexts, buildArgs, globals);
    found.look(targets);
    return found.errors.stream()
        .sorted(
            Comparator.comparingInt((Diagnostic each) -> each.span().startLine())
                .thenComparingInt(each -> each.span().startColumn()))
        .toList();
  }

  private void look(List<Stage> targets) {
    boolean bases = true;
    for (Stage stage : tree.stages()) {
      bases &= from(stage.from());
      stage.name().ifPresent(name -> names.putIfAbsent(name, stage.index()));
    }
    if (!bases) {
      // What stages are needed cannot be told; those that are asked for are.
      targets.forEach(stage -> stage(stage, Optional.empty()));
      return;
    }
    StageGraph graph = StageGraph.of(tree, globals);
    List<Diagnostic> references = new ArrayList<>();
    List<Stage> needed = graph.needed(targets, contexts, references);
    errors.addAll(references);
    for (Stage stage : needed) {
      stage(stage, graph.base(stage));
      if (graph.base(stage).isEmpty()) {
        image(stage);
      }
    }
  }

  private boolean from(FromInstruction from) {
    boolean expands = expands(from.image());
    Word platform = from.platform();
    if (platform != null && !platform.text().isEmpty() && expands(platform)) {
      String text = expander.expand(platform, globals).text();
      if (!PLATFORM.matcher(text).matches()) {
        error(
            platform,
            text.isEmpty()
                ? "platform " + Quoted.of(platform.text()) + " is empty once expanded"
                : Quoted.of(text) + " is not a platform",
            "write os/arch or os/arch/variant, such as linux/arm64");
      }
    }
    return expands;
  }

  private boolean expands(Word word) {
    try {
      expander.expand(word, globals);
      return true;
    } catch (DockerfileException e) {
      errors.addAll(e.diagnostics());
      return false;
    }
  }

  private void image(Stage stage) {
    Word written = stage.from().image();
    String name = expander.expand(written, globals).text();
    if (name.isEmpty()) {
      error(
          written,
          "base name " + Quoted.of(written.text()) + " is empty once expanded",
          "declare the ARG before the first FROM and give it a default");
    } else if (!contexts.contains(name) && !ImageNames.isReference(name)) {
      String lower = name.toLowerCase(Locale.ROOT);
      error(
          written,
          Quoted.of(name) + " is neither an image name nor a stage before this one",
          names.getOrDefault(lower, Integer.MAX_VALUE) < stage.index()
              ? "FROM finds a stage by its name in lower case, " + Quoted.of(lower)
              : "an image name is [host/]name[:tag], with a name in lower case");
    }
  }

  private void error(Word word, String message, String hint) {
    errors.add(Diagnostic.error(word.span(), message, hint));
  }

  private void stage(Stage stage, Optional<Stage> base) {
    Values values = begin(stage, base);
    InstructionErrors instructions = new InstructionErrors(values, errors);
    boolean triggers = false;
    for (Instruction instruction : stage.instructions()) {
      instructions.look(instruction);
      triggers |= instruction instanceof OnbuildInstruction;
    }
    if (triggers) {
      // They may set anything in the stages that are FROM this one.
      values.openToAll();
    }
    ends.put(stage.index(), values);
  }

  private Values begin(Stage stage, Optional<Stage> base) {
    String image = stage.from().image().text();
    boolean replaced =
        contexts.contains(image)
            || base.flatMap(Stage::name).filter(contexts::contains).isPresent();
    Values end = base.map(earlier -> ends.get(earlier.index())).orElse(null);
    if (end != null && !replaced) {
      return end.copy();
    }
    boolean known = image.equals("scratch") && !replaced;
    Map<String, String> path = Map.of("PATH", "/usr/bin:/bin");
    return new Values(expander, StageScope.of(globals, buildArgs, path), known);
  }
}
