package dev.jbuild.dockerfile.outline;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.PartialDockerfile;
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
import org.jspecify.annotations.Nullable;

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

  /** Stands for a value that is not known; no stage and no image has such a name. */
  private static final String NO_NAME = "?";

  /** What a stage name looks like, in any case. */
  private static final Pattern STAGE_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]*");

  private final PartialDockerfile file;
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
      PartialDockerfile file,
      Set<String> contexts,
      Map<String, String> buildArgs,
      GlobalScope globals) {
    this.file = file;
    this.tree = file.tree();
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
    return of(PartialDockerfile.whole(tree), targets, contexts, platformArgs, buildArgs);
  }

  /**
   * As {@link #of(Dockerfile, List, Set, Map, Map)} for a file of which something could not be
   * read. What that may have changed is not judged: variables after it, and stages if one may be
   * missing or have another name.
   */
  public static List<Diagnostic> of(
      PartialDockerfile file,
      List<Stage> targets,
      Set<String> contexts,
      Map<String, String> platformArgs,
      Map<String, String> buildArgs) {
    Dockerfile tree = file.tree();
    WordExpander expander = new WordExpander(tree.directives().escape());
    List<Diagnostic> ofGlobals = List.of();
    PartialDockerfile judged = file;
    GlobalScope globals;
    try {
      globals = GlobalScope.of(tree.globalArgs(), platformArgs, buildArgs, expander);
    } catch (DockerfileException e) {
      ofGlobals = file.globalsWhole() ? e.diagnostics() : List.of();
      judged = file.withoutGlobals();
      globals = GlobalScope.of(List.of(), platformArgs, buildArgs, expander);
    }
    BuildErrors found = new BuildErrors(judged, contexts, buildArgs, globals);
    found.errors.addAll(ofGlobals);
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
      bases &= !judgesFrom(stage) || from(stage.from());
      stage.name().ifPresent(name -> names.putIfAbsent(name, stage.index()));
    }
    if (!bases) {
      // What stages are needed cannot be told; those that are asked for are.
      targets.forEach(stage -> stage(stage, Optional.empty()));
      return;
    }
    StageGraph graph = StageGraph.of(tree, this::global);
    List<Diagnostic> references = new ArrayList<>();
    List<Stage> needed = graph.needed(targets, contexts, references);
    if (file.stagesWhole()) {
      errors.addAll(references);
    }
    for (Stage stage : needed) {
      stage(stage, graph.base(stage));
      if (graph.base(stage).isEmpty() && judgesFrom(stage)) {
        image(stage);
      }
    }
  }

  /**
   * The value of a global ARG; of one that may be declared where nothing could be read, a guess.
   */
  private @Nullable String global(String name) {
    String value = globals.get(name);
    return value == null && !file.globalsWhole() ? NO_NAME : value;
  }

  /** Whether what the FROM of a stage says is known. */
  private boolean judgesFrom(Stage stage) {
    FromInstruction from = stage.from();
    Word platform = from.platform();
    return !file.unread().contains(stage.index())
        && (file.globalsWhole()
            || (isConstant(from.image()) && (platform == null || isConstant(platform))));
  }

  private static boolean isConstant(Word word) {
    return word.text().indexOf('$') < 0;
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
    } else if (!contexts.contains(name)
        && !ImageNames.isReference(name)
        && (file.stagesWhole() || !STAGE_NAME.matcher(name).matches())) {
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
    int gap = file.gaps().getOrDefault(stage.index(), Integer.MAX_VALUE);
    int at = 0;
    for (Instruction instruction : stage.instructions()) {
      if (at++ == gap) {
        values.openToAll();
      }
      instructions.look(instruction);
      triggers |= instruction instanceof OnbuildInstruction;
    }
    if (triggers || (at <= gap && gap != Integer.MAX_VALUE)) {
      // Triggers may set anything in the stages that are FROM this one.
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
    if (end != null && !replaced && file.stagesWhole()) {
      return end.copy();
    }
    boolean known = image.equals("scratch") && !replaced;
    Map<String, String> path = Map.of("PATH", "/usr/bin:/bin");
    Values values = new Values(expander, StageScope.of(globals, buildArgs, path), known);
    if (!file.globalsWhole()) {
      values.openToAll();
    }
    return values;
  }
}
