package dev.jbuild.cli;

import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.lint.LintReport;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.outline.Outline;
import dev.jbuild.dockerfile.outline.StageGraph;
import dev.jbuild.dockerfile.outline.Targets;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.DockerfileFailure;
import dev.jbuild.engine.DockerfileInput;
import dev.jbuild.engine.plan.Checks;
import dev.jbuild.engine.plan.Diagnostics;
import dev.jbuild.oci.Platform;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code --call check|outline|targets[,format=json]} and {@code --check}: what to say of a
 * Dockerfile instead of building it.
 */
record CallFlag(Kind kind, boolean json, boolean extended) {

  /** What is asked for. */
  enum Kind {
    CHECK,
    OUTLINE,
    TARGETS
  }

  /**
   * The call that flags ask for; null for a build.
   *
   * @param check value of {@code --check}, empty when it has none, null when it is not given
   * @param call value of {@code --call}, null when it is not given
   */
  static @Nullable CallFlag of(@Nullable String check, @Nullable String call) {
    if (check != null) {
      if (call != null) {
        throw new UsageError("--check and --call cannot be given together");
      }
      return switch (check) {
        case "", "true" -> new CallFlag(Kind.CHECK, false, false);
        case "false" -> null;
        case "extended" -> new CallFlag(Kind.CHECK, false, true);
        default -> throw new UsageError("--check \"" + check + "\" is not extended");
      };
    }
    if (call == null) {
      return null;
    }
    List<String> fields = List.of(call.split(",", -1));
    String format = "text";
    for (String field : fields.subList(1, fields.size())) {
      if (!field.startsWith("format=")) {
        throw new UsageError(
            "--call has no option \"" + field + "\"", "use format=text or format=json");
      }
      format = field.substring("format=".length());
    }
    if (!List.of("text", "json").contains(format)) {
      throw new UsageError("--call format \"" + format + "\" is neither text nor json");
    }
    String name = fields.getFirst().toLowerCase(Locale.ROOT);
    boolean json = format.equals("json");
    return switch (name) {
      case "build" -> null;
      case "check", "lint" -> new CallFlag(Kind.CHECK, json, false);
      case "outline" -> new CallFlag(Kind.OUTLINE, json, false);
      case "targets" -> new CallFlag(Kind.TARGETS, json, false);
      default ->
          throw new UsageError(
              "--call \"" + name + "\" is not known", "use check, outline, targets or build");
    };
  }

  /**
   * Prints the answer; the exit code.
   *
   * @throws DockerfileFailure when the Dockerfile cannot be built, which is told after any findings
   */
  int answer(DockerfileInput input, BuildRequest request, PrintStream out) {
    try {
      return answered(input, request, out);
    } catch (DockerfileException e) {
      throw new Diagnostics(input.tree().source()).of(e);
    }
  }

  private int answered(DockerfileInput input, BuildRequest request, PrintStream out) {
    return switch (kind) {
      case CHECK -> {
        Stage target =
            request.target().map(name -> StageGraph.target(input.tree(), name)).orElse(null);
        Checks checks =
            Checks.of(input.tree(), target, input.ignore(), request.buildArgs(), extended);
        String report =
            json
                ? LintReport.json(checks.findings())
                : LintReport.text(checks.findings(), input.tree().source());
        boolean early = json || !checks.findings().isEmpty();
        out.print(early ? report : "");
        Checks.requireBuildable(input.tree(), target, request, Platform.host());
        out.print(early ? "" : report);
        // As buildx: a finding is a failed check, whether or not it would fail a build.
        yield checks.findings().isEmpty() ? Jbuild.OK : Jbuild.FAILED;
      }
      case OUTLINE -> {
        Outline outline =
            Outline.of(
                input.tree(),
                StageGraph.target(input.tree(), request.target().orElse(null)),
                platformArgs(request),
                request.buildArgs());
        out.print(json ? outline.toJson() : outline.toText());
        yield Jbuild.OK;
      }
      case TARGETS -> {
        Targets targets = Targets.of(input.tree());
        out.print(json ? targets.toJson() : targets.toText());
        yield Jbuild.OK;
      }
    };
  }

  private static Map<String, String> platformArgs(BuildRequest request) {
    String host = Platform.host().toString();
    String target =
        request.platforms().isEmpty() ? host : request.platforms().getFirst().toString();
    return Linter.platformArgs(host, target);
  }
}
