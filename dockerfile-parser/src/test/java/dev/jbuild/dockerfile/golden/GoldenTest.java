package dev.jbuild.dockerfile.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.Formatter;
import dev.jbuild.dockerfile.format.ParseJson;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole results for the inputs of testdata/dockerfile; rewritten by {@code -Dgolden.update}. */
class GoldenTest {
  static List<GoldenCase> cases() {
    return GoldenCase.all();
  }

  static List<GoldenCase> valid() {
    return cases().stream().filter(each -> each.parse().tree().isPresent()).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultIsAsExpected(GoldenCase golden) {
    for (String kind : golden.kinds()) {
      String actual = golden.actual(kind);
      if (System.getProperty("golden.update") != null) {
        golden.write(kind, actual);
      }
      assertThat(actual).as(kind).isEqualTo(golden.text(kind));
    }
  }

  @ParameterizedTest
  @MethodSource("valid")
  void formattedTextParsesToTheSameTree(GoldenCase golden) {
    Dockerfile tree = golden.parse().orThrow();
    String formatted = Formatter.format(tree);
    Dockerfile again = DockerfileParser.parse("Dockerfile", SourceText.encode(formatted)).orThrow();
    assertThat(withoutLines(again)).as(formatted).isEqualTo(withoutLines(tree));
    assertThat(Formatter.format(again)).isEqualTo(formatted);
  }

  static String withoutLines(Dockerfile tree) {
    return ParseJson.write(tree).replaceAll("\"lines\":\\[\\d+,\\d+\\]", "");
  }

  @Test
  void thereAreEnough() {
    assertThat(cases()).hasSizeGreaterThanOrEqualTo(250);
  }
}
