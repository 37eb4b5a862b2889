package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.PartialDockerfile;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.lint.CheckOptions;
import dev.jbuild.dockerfile.lint.LintOptions;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.outline.BuildErrors;
import dev.jbuild.dockerfile.parse.ParseResult;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.oci.Platform;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the linter finds in a Dockerfile as it would be built.
 *
 * @param findings in file order
 * @param options the rules that are on, for those that are checked during the build
 */
public record Checks(List<Diagnostic> findings, CheckOptions options) {
  private static final String ARGUMENT = "BUILDKIT_DOCKERFILE_CHECK";

  public Checks {
    findings = List.copyOf(findings);
  }

  /**
   * Runs the rules that {@code # check=}, or the build argument in its place, leaves on.
   *
   * @param target the stage to be built; null checks all stages
   * @param extended whether jbuild's own rules are on too
   */
  public static Checks of(
      Dockerfile tree,
      @Nullable Stage target,
      IgnoreMatcher ignore,
      Map<String, String> buildArgs,
      boolean extended) {
    CheckOptions check = options(tree, buildArgs);
    LintOptions standard = LintOptions.standard();
    LintOptions options =
        new LintOptions(
            check,
            extended,
            target,
            ignore,
            standard.platformArgs(),
            buildArgs,
            standard.imageEnv());
    List<Diagnostic> findings = Linter.lint(tree, options);
    return new Checks(findings, check);
  }

  /** Whether the findings fail the build, which the Dockerfile asks for with {@code error=true}. */
  public boolean fatal() {
    return options.error() && !findings.isEmpty();
  }

  /**
   * Checks what a build would trip over whatever is in its base images, without running anything.
   *
   * @param target the stage to be built; null means all stages
   * @param host the machine that builds, and what is built for unless the request says otherwise
   * @throws DockerfileException with every such error of the stages that are needed
   */
  public static void requireBuildable(
      Dockerfile tree, @Nullable Stage target, BuildRequest request, Platform host) {
    List<Stage> targets = target == null ? tree.stages() : List.of(target);
    requireNone(errors(PartialDockerfile.whole(tree), targets, request, host));
  }

  /**
   * The tree of a file that parsed.
   *
   * @param whole whether a check of all stages is asked for, if the request names no target
   * @throws DockerfileException when it did not, with the errors of syntax, and of what could be
   *     read nevertheless all that {@link #requireBuildable} would tell
   */
  public static Dockerfile requireParsed(
      ParseResult parsed, boolean whole, BuildRequest request, Platform host) {
    if (parsed.tree().isPresent()) {
      return parsed.tree().get();
    }
    Set<Diagnostic> errors = new LinkedHashSet<>(parsed.errors());
    parsed
        .partial()
        .ifPresent(partial ->
            errors.addAll(errors(partial, targets(partial, whole, request), request, host)));
    requireNone(
        errors.stream()
            .sorted(
                Comparator.comparingInt((Diagnostic each) -> each.span().startLine())
                    .thenComparingInt(each -> each.span().startColumn()))
            .toList());
    throw new IllegalStateException("a result has a tree or errors");
  }

  /** None when the target may be a stage whose name could not be read. */
  private static List<Stage> targets(
      PartialDockerfile partial, boolean whole, BuildRequest request) {
    Dockerfile tree = partial.tree();
    if (request.target().isPresent()) {
      return request.target().flatMap(tree::stage).map(List::of).orElse(List.of());
    }
    return whole ? tree.stages() : List.of(tree.stages().getLast());
  }

  /** Those of the first platform that has any; as a rule all have the same. */
  private static List<Diagnostic> errors(
      PartialDockerfile file, List<Stage> targets, BuildRequest request, Platform host) {
    String name = request.target().orElse(file.tree().stages().getLast().name().orElse("default"));
    List<Platform> platforms = request.platforms().isEmpty() ? List.of(host) : request.platforms();
    for (Platform platform : platforms) {
      List<Diagnostic> errors =
          BuildErrors.of(
              file,
              targets,
              request.namedContexts().keySet(),
              PlatformArgs.of(host, platform, name),
              request.buildArgs());
      if (!errors.isEmpty()) {
        return errors;
      }
    }
    return List.of();
  }

  private static void requireNone(List<Diagnostic> errors) {
    if (!errors.isEmpty()) {
      throw new DockerfileException(errors);
    }
  }

  private static CheckOptions options(Dockerfile tree, Map<String, String> buildArgs) {
    String argument = buildArgs.get(ARGUMENT);
    if (argument != null) {
      return CheckOptions.parse(new Word(argument, new SourceSpan(tree.file(), 1, 1, 1, 1)));
    }
    return tree.directives()
        .check()
        .map(directive -> CheckOptions.parse(directive.value()))
        .orElse(CheckOptions.DEFAULT);
  }
}
