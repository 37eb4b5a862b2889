package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.Expansion;
import dev.jbuild.dockerfile.expand.GlobalScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.outline.ImageNames;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Rules about FROM. */
final class FromRules {
  private static final Set<String> RESERVED = Set.of("context", "scratch");

  /** Names are suggested from so many at most, to stay linear in the file. */
  private static final int ENOUGH = 1_000;

  private FromRules() {}

  static void check(
      Dockerfile tree, WordExpander expander, GlobalScope globals, Findings findings) {
    Map<String, Stage> names = new HashMap<>();
    Set<String> known = known(tree);
    for (Stage stage : tree.stages()) {
      names(stage, names, findings);
      undefined(stage.from().image(), expander, globals, known, findings);
      Word platform = stage.from().platform();
      if (platform != null) {
        undefined(platform, expander, globals, known, findings);
        platform(stage, platform, expander, globals, findings);
      }
    }
  }

  private static Set<String> known(Dockerfile tree) {
    Set<String> known = new TreeSet<>();
    for (ArgInstruction arg : tree.globalArgs()) {
      arg.declarations().forEach(declaration -> known.add(declaration.name().text()));
    }
    known.addAll(LintOptions.DEFAULT_PLATFORM.keySet());
    known.add("TARGETSTAGE");
    return known;
  }

  private static void names(Stage stage, Map<String, Stage> seen, Findings findings) {
    FromInstruction from = stage.from();
    Word name = from.stageName();
    Word as = from.asKeyword();
    if (name == null || as == null) {
      return;
    }
    String lower = name.text().toLowerCase(Locale.ROOT);
    if (!name.text().equals(lower)) {
      findings.add(
          Rule.STAGE_NAME_CASING,
          name.span(),
          "stage name " + Quoted.of(name.text()) + " is not in lower case",
          "write AS " + lower);
    }
    String keyword = from.line().keyword().text();
    boolean lowerFrom = keyword.equals(keyword.toLowerCase(Locale.ROOT));
    boolean plainFrom = lowerFrom || keyword.equals(keyword.toUpperCase(Locale.ROOT));
    String wanted = lowerFrom ? "as" : "AS";
    if (plainFrom && !as.text().equals(wanted)) {
      findings.add(
          Rule.FROM_AS_CASING,
          as.span(),
          Quoted.of(as.text()) + " is not in the case of " + Quoted.of(keyword),
          "write " + wanted);
    }
    if (RESERVED.contains(lower)) {
      findings.add(
          Rule.RESERVED_STAGE_NAME,
          name.span(),
          "stage name " + Quoted.of(name.text()) + " is reserved",
          "choose another name; FROM " + lower + " never means this stage");
    }
    Stage before = seen.put(lower, stage);
    if (before != null) {
      findings.add(
          Rule.DUPLICATE_STAGE_NAME,
          name.span(),
          "stage name "
              + Quoted.of(name.text())
              + " is taken on line "
              + before.from().span().startLine(),
          "choose another name");
    }
  }

  private static void undefined(
      Word word, WordExpander expander, GlobalScope globals, Set<String> known, Findings findings) {
    try {
      for (String name : new TreeSet<>(expander.expand(word, globals).undefined())) {
        if (!known.contains(name)) {
          findings.add(
              Rule.UNDEFINED_ARG_IN_FROM,
              word.span(),
              "build argument " + Quoted.of(name) + " is not declared before the first FROM",
              (known.size() > ENOUGH ? Optional.<String>empty() : Nearest.hint(name, known))
                  .orElse("add ARG " + name + " above the first FROM"));
        }
      }
    } catch (DockerfileException e) {
      // An error of the build, not a finding.
    }
  }

  private static void platform(
      Stage stage, Word word, WordExpander expander, GlobalScope globals, Findings findings) {
    Expansion platform;
    try {
      platform = expander.expand(word, globals);
    } catch (DockerfileException e) {
      return;
    }
    String target = globals.get("TARGETPLATFORM");
    if (platform.used().equals(Set.of("TARGETPLATFORM")) && platform.undefined().isEmpty()) {
      if (platform.text().equals(target)) {
        findings.add(
            Rule.REDUNDANT_TARGET_PLATFORM,
            word.span(),
            "platform " + Quoted.of(word.text()) + " is what FROM has anyway",
            "remove --platform");
      }
    } else if (platform.used().isEmpty() && platform.undefined().isEmpty()) {
      String name = stage.name().orElse("");
      PlatformNames.parse(platform.text())
          .filter(parsed -> !name.contains(parsed.os()) && !name.contains(parsed.architecture()))
          .ifPresent(parsed ->
              findings.add(
                  Rule.FROM_PLATFORM_FLAG_CONST_DISALLOWED,
                  word.span(),
                  "platform " + Quoted.of(word.text()) + " is constant",
                  "remove --platform, write $BUILDPLATFORM or $TARGETPLATFORM, or put \""
                      + parsed.architecture()
                      + "\" into the stage name"));
    }
  }

  /** The image names of FROM as they are when no build arguments are given. */
  static void checkDefaults(
      Dockerfile tree, WordExpander expander, Map<String, String> platformArgs, Findings findings) {
    try {
      GlobalScope defaults = GlobalScope.of(tree.globalArgs(), platformArgs, Map.of(), expander);
      Set<String> names = new HashSet<>();
      for (Stage stage : tree.stages()) {
        Word image = stage.from().image();
        String text = expander.expand(image, defaults).text();
        boolean isStage = names.contains(text);
        stage.name().ifPresent(names::add);
        if (!isStage && !ImageNames.isReference(text)) {
          findings.add(
              Rule.INVALID_DEFAULT_ARG_IN_FROM,
              image.span(),
              "image "
                  + Quoted.of(image.text())
                  + " is "
                  + (text.isEmpty() ? "empty" : "no image name")
                  + " with the default build arguments",
              "give the global ARG a default that makes a name of it");
        }
      }
    } catch (DockerfileException e) {
      // An error of the build, not a finding.
    }
  }
}
