package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.lint.CheckOptions;
import dev.jbuild.dockerfile.lint.LintOptions;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.outline.BuildErrors;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.oci.Platform;
import java.util.List;
import java.util.Map;
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
    String name = request.target().orElse(tree.stages().getLast().name().orElse("default"));
    List<Platform> platforms = request.platforms().isEmpty() ? List.of(host) : request.platforms();
    for (Platform platform : platforms) {
      List<Diagnostic> errors =
          BuildErrors.of(
              tree,
              target == null ? tree.stages() : List.of(target),
              request.namedContexts().keySet(),
              PlatformArgs.of(host, platform, name),
              request.buildArgs());
      if (!errors.isEmpty()) {
        throw new DockerfileException(errors);
      }
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
