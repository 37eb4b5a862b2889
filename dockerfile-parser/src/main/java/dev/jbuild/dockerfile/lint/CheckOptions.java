package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Word;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The value of {@code # check=}, or of the build argument {@code BUILDKIT_DOCKERFILE_CHECK}, which
 * takes its place: {@code skip=RuleA,RuleB|all;error=true|false;experimental=RuleC|all}. Names of
 * rules that do not exist are let pass, as a newer BuildKit may know them.
 *
 * @param skipped rules not to check
 * @param skipAll whether none are checked but the experimental ones asked for
 * @param error whether a finding fails the build
 * @param experimental experimental rules to check
 * @param experimentalAll whether all experimental rules are checked
 */
public record CheckOptions(
    Set<String> skipped,
    boolean skipAll,
    boolean error,
    Set<String> experimental,
    boolean experimentalAll) {

  /** What holds without a directive. */
  public static final CheckOptions DEFAULT =
      new CheckOptions(Set.of(), false, false, Set.of(), false);

  public CheckOptions {
    skipped = Set.copyOf(skipped);
    experimental = Set.copyOf(experimental);
  }

  /**
   * Reads the value.
   *
   * @throws DockerfileException positioned at the value
   */
  public static CheckOptions parse(Word value) {
    CheckOptions options = DEFAULT;
    if (value.text().isBlank()) {
      return options;
    }
    for (String part : value.text().split(";", -1)) {
      int equals = part.indexOf('=');
      String key = (equals < 0 ? part : part.substring(0, equals)).strip();
      String given = equals < 0 ? "" : part.substring(equals + 1).strip();
      options =
          switch (equals < 0 ? "" : key) {
            case "skip" ->
                new CheckOptions(
                    given.equals("all") ? Set.of() : names(given),
                    given.equals("all"),
                    options.error,
                    options.experimental,
                    options.experimentalAll);
            case "error" ->
                new CheckOptions(
                    options.skipped,
                    options.skipAll,
                    bool(value, given),
                    options.experimental,
                    options.experimentalAll);
            case "experimental" ->
                new CheckOptions(
                    options.skipped,
                    options.skipAll,
                    options.error,
                    given.equals("all") ? Set.of() : names(given),
                    given.equals("all"));
            default ->
                throw failure(
                    value,
                    "unknown check option " + Quoted.of(part.strip()),
                    Nearest.hint(key, List.of("skip", "error", "experimental"))
                        .orElse("write skip=RuleA,RuleB;error=true"));
          };
    }
    return options;
  }

  private static Set<String> names(String list) {
    return Arrays.stream(list.split(",", -1)).map(String::strip).collect(Collectors.toSet());
  }

  private static boolean bool(Word value, String text) {
    return switch (text) {
      case "true", "TRUE", "True", "t", "T", "1" -> true;
      case "false", "FALSE", "False", "f", "F", "0" -> false;
      default ->
          throw failure(
              value, "check option \"error\" is true or false, not " + Quoted.of(text), null);
    };
  }

  private static DockerfileException failure(Word value, String message, @Nullable String hint) {
    return new DockerfileException(List.of(Diagnostic.error(value.span(), message, hint)));
  }

  /** Whether {@code rule} is checked; extended rules only when {@code extended}. */
  public boolean checks(Rule rule, boolean extended) {
    boolean skip = skipAll || skipped.contains(rule.id());
    return switch (rule.group()) {
      case STANDARD -> !skip;
      case EXPERIMENTAL -> experimentalAll || experimental.contains(rule.id());
      case EXTENDED -> extended && !skip;
    };
  }
}
