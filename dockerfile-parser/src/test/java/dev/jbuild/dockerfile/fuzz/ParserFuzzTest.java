package dev.jbuild.dockerfile.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.PartialDockerfile;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.Excerpt;
import dev.jbuild.dockerfile.format.Formatter;
import dev.jbuild.dockerfile.format.ParseJson;
import dev.jbuild.dockerfile.lint.LintOptions;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.outline.BuildErrors;
import dev.jbuild.dockerfile.outline.Outline;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.dockerfile.parse.ParseResult;
import java.util.Map;
import java.util.Set;

/** Any bytes give a tree or errors; a tree survives formatting, and lint and outline go through. */
class ParserFuzzTest {
  @FuzzTest
  void parse(byte[] bytes) {
    ParseResult result = DockerfileParser.parse("Dockerfile", bytes);
    SourceText source = SourceText.of(bytes);
    result.errors().forEach(error -> Excerpt.of(source, error.span()));
    result.partial().ifPresent(ParserFuzzTest::judge);
    result.tree().ifPresent(ParserFuzzTest::use);
  }

  private static void judge(PartialDockerfile file) {
    Dockerfile tree = file.tree();
    BuildErrors.of(
            file, tree.stages(), Set.of(), LintOptions.DEFAULT_PLATFORM, Map.of("a", "$x\"'"))
        .forEach(error -> Excerpt.of(tree.source(), error.span()));
  }

  private static void use(Dockerfile tree) {
    String formatted = Formatter.format(tree);
    Dockerfile again = DockerfileParser.parse("Dockerfile", SourceText.encode(formatted)).orThrow();
    if (!withoutLines(again).equals(withoutLines(tree))) {
      throw new AssertionError("not the same tree:\n" + formatted);
    }
    Linter.lint(tree, LintOptions.standard().withExtended());
    try {
      Outline.of(tree, tree.stages().getLast(), LintOptions.DEFAULT_PLATFORM, Map.of()).toJson();
    } catch (DockerfileException e) {
      // What does not expand has no outline.
    }
  }

  private static String withoutLines(Dockerfile tree) {
    return ParseJson.write(tree).replaceAll("\"lines\":\\[\\d+,\\d+\\]", "");
  }
}
