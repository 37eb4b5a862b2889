package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the linter is to look at.
 *
 * @param check which rules are on
 * @param extended whether jbuild's own rules are on
 * @param target the stage to be built: rules about what a stage does then look at those that it
 *     needs only; null is all stages. Rules about FROM and how the file is written look at all
 * @param ignore the .dockerignore of the context; null when there is none
 * @param platformArgs BUILDPLATFORM and so on
 * @param buildArgs {@code --build-arg}
 * @param imageEnv the names of the environment of an image, or null where the image is not at hand.
 *     Then a variable that looks like one of the image, in capitals and not almost the name of one
 *     that is defined, is taken to be defined
 */
public record LintOptions(
    CheckOptions check,
    boolean extended,
    @Nullable Stage target,
    @Nullable IgnoreMatcher ignore,
    Map<String, String> platformArgs,
    Map<String, String> buildArgs,
    Function<String, @Nullable Set<String>> imageEnv) {
  public LintOptions {
    platformArgs = Map.copyOf(platformArgs);
    buildArgs = Map.copyOf(buildArgs);
  }

  /** All stages with the standard rules, no context and no image at hand. */
  public static LintOptions standard() {
    return new LintOptions(
        CheckOptions.DEFAULT, false, null, null, DEFAULT_PLATFORM, Map.of(), image -> null);
  }

  /** Values for the platform ARGs where it matters only that they have one. */
  public static final Map<String, String> DEFAULT_PLATFORM =
      Map.of(
          "BUILDPLATFORM", "linux/amd64",
          "BUILDOS", "linux",
          "BUILDOSVERSION", "",
          "BUILDARCH", "amd64",
          "BUILDVARIANT", "",
          "TARGETPLATFORM", "linux/amd64",
          "TARGETOS", "linux",
          "TARGETOSVERSION", "",
          "TARGETARCH", "amd64",
          "TARGETVARIANT", "");

  /** With the rules that {@code check} turns on. */
  public LintOptions withCheck(CheckOptions options) {
    return new LintOptions(options, extended, target, ignore, platformArgs, buildArgs, imageEnv);
  }

  /** With the rules about what a stage does for those only that {@code stage} needs. */
  public LintOptions withTarget(Stage stage) {
    return new LintOptions(check, extended, stage, ignore, platformArgs, buildArgs, imageEnv);
  }

  /** With the rules of jbuild too. */
  public LintOptions withExtended() {
    return new LintOptions(check, true, target, ignore, platformArgs, buildArgs, imageEnv);
  }

  /** With the context's .dockerignore. */
  public LintOptions withIgnore(IgnoreMatcher matcher) {
    return new LintOptions(check, extended, target, matcher, platformArgs, buildArgs, imageEnv);
  }
}
