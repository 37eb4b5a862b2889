package dev.jbuild.dockerfile.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.Formatter;
import dev.jbuild.dockerfile.format.ParseJson;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
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

  /** The points are those of the README of testdata/dockerfile. */
  @Test
  void everyPointIsNamedByACase() {
    List<String> points =
        new ArrayList<>(List.of("1-3-", "1-4-ignore-", "2-49-", "2-50-", "2-74-"));
    IntStream.rangeClosed(1, 29).forEach(point -> points.add(String.format("2-%02d-", point)));
    String instructions =
        "add arg cmd copy entrypoint env expose from healthcheck label maintainer onbuild run shell"
            + " stopsignal user volume workdir heredoc";
    for (String instruction : instructions.split(" ")) {
      points.add("1-1-" + instruction + "-");
    }
    for (String type : List.of("bind", "cache", "tmpfs", "secret", "ssh")) {
      points.add("1-2-mount-" + type);
    }
    for (String directive : List.of("syntax", "escape", "check")) {
      points.add("1-3-directive-" + directive);
    }
    List<String> names = cases().stream().map(GoldenCase::toString).toList();
    assertThat(points)
        .allSatisfy(point -> assertThat(names).anyMatch(name -> (name + "-").startsWith(point)));
  }
}
