package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.expand.GlobalScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.outline.StageGraph;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs the rules. Thread-safe: there is no state. */
public final class Linter {
  private Linter() {}

  /**
   * The findings of all rules that are on, in file order. What cannot be judged because a word does
   * not expand is passed over: the build reports it as an error.
   */
  public static List<Diagnostic> lint(Dockerfile tree, LintOptions options) {
    Findings findings = new Findings(options);
    WordExpander expander = new WordExpander(tree.directives().escape());
    FromRules.checkDefaults(tree, expander, options.platformArgs(), findings);
    Optional<GlobalScope> globals = globals(tree, expander, options);
    Optional<StageGraph> graph = globals.flatMap(scope -> graph(tree, scope));
    List<Stage> stages = stages(tree, options.target(), graph);
    StyleRules.check(tree, stages, graph, findings);
    if (globals.isPresent()) {
      FromRules.check(tree, expander, globals.get(), findings);
    }
    if (globals.isPresent() && graph.isPresent()) {
      new VariableRules(tree, expander, globals.get(), graph.get(), options, findings)
          .check(stages);
    }
    CopyRules.check(stages, expander, options.ignore(), findings);
    if (options.extended()) {
      ExtendedRules.check(stages, findings);
    }
    return findings.inFileOrder();
  }

  private static Optional<GlobalScope> globals(
      Dockerfile tree, WordExpander expander, LintOptions options) {
    try {
      return Optional.of(
          GlobalScope.of(tree.globalArgs(), options.platformArgs(), options.buildArgs(), expander));
    } catch (DockerfileException e) {
      return Optional.empty();
    }
  }

  private static List<Stage> stages(
      Dockerfile tree, @Nullable Stage target, Optional<StageGraph> graph) {
    if (target == null || graph.isEmpty()) {
      return tree.stages();
    }
    try {
      return graph.get().needed(target);
    } catch (DockerfileException e) {
      return tree.stages();
    }
  }

  private static Optional<StageGraph> graph(Dockerfile tree, GlobalScope globals) {
    try {
      return Optional.of(StageGraph.of(tree, globals));
    } catch (DockerfileException e) {
      return Optional.empty();
    }
  }

  /**
   * The finding of InvalidBaseImagePlatform, which only who resolves images can make.
   *
   * @param from the span of the FROM
   * @param image as resolved
   * @param expected platform asked for, such as {@code linux/arm64}
   * @param actual platform of the image
   */
  public static Diagnostic invalidBaseImagePlatform(
      SourceSpan from, String image, String expected, String actual) {
    return new Diagnostic(
        from,
        Diagnostic.Severity.WARNING,
        "base image "
            + Quoted.of(image)
            + " is for "
            + Quoted.of(actual)
            + ", not for "
            + Quoted.of(expected),
        "set FROM --platform, or use an image that has the platform",
        Rule.INVALID_BASE_IMAGE_PLATFORM.id());
  }

  /** Platform ARGs of a build for one platform, such as {@code linux/arm64/v8}, on itself. */
  public static Map<String, String> platformArgs(String build, String target) {
    return PlatformNames.args(build, target);
  }
}
