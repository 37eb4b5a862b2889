package dev.jbuild.dockerfile.generated;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.Formatter;
import dev.jbuild.dockerfile.format.ParseJson;
import dev.jbuild.dockerfile.lint.LintOptions;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.dockerfile.parse.ParseResult;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Properties over generated files; a failure names the seed that makes the file again. */
class RoundTripTest {
  private static final int FILES = 6_000;

  @Test
  void formattedTextParsesToTheSameTree() {
    int valid = 0;
    for (int seed = 0; seed < FILES; seed++) {
      String text = DockerfileGenerator.generate(new SplittableRandom(seed));
      Optional<Dockerfile> tree = parse(text).tree();
      if (tree.isPresent()) {
        valid++;
        String formatted = Formatter.format(tree.get());
        ParseResult again = parse(formatted);
        assertThat(again.errors()).as("seed %d%n%s%n->%n%s", seed, text, formatted).isEmpty();
        assertThat(withoutLines(again.orThrow()))
            .as("seed %d%n%s%n->%n%s", seed, text, formatted)
            .isEqualTo(withoutLines(tree.get()));
        assertThat(Formatter.format(again.orThrow())).as("seed %d", seed).isEqualTo(formatted);
      }
    }
    assertThat(valid).as("files of %d that are valid", FILES).isGreaterThan(FILES / 2);
  }

  @Test
  void damagedFilesGiveATreeOrErrors() {
    for (int seed = 0; seed < FILES; seed++) {
      RandomGenerator random = new SplittableRandom(seed);
      StringBuilder text = new StringBuilder(DockerfileGenerator.generate(random));
      for (int i = random.nextInt(6); i >= 0; i--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, "\\\"'<>$`{}[]=-#\n\t \0".charAt(random.nextInt(18)));
          default -> text.setCharAt(at, (char) random.nextInt(0x300));
        }
      }
      ParseResult result = parse(text.toString());
      assertThat(result.tree().isPresent())
          .as("seed %d", seed)
          .isEqualTo(result.errors().isEmpty());
      result.tree().ifPresent(tree -> Linter.lint(tree, LintOptions.standard().withExtended()));
    }
  }

  private static ParseResult parse(String text) {
    return DockerfileParser.parse("Dockerfile", SourceText.encode(text));
  }

  private static String withoutLines(Dockerfile tree) {
    return ParseJson.write(tree).replaceAll("\"lines\":\\[\\d+,\\d+\\]", "");
  }
}
