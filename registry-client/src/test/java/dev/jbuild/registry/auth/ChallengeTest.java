package dev.jbuild.registry.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChallengeTest {
  @Test
  void bearerWithQuotedCommas() {
    assertThat(
            Challenge.parse(
                List.of(
                    "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
                        + "scope=\"repository:a/b:pull,push\"")))
        .containsExactly(
            new Challenge(
                "bearer",
                Map.of(
                    "realm", "https://auth.docker.io/token",
                    "service", "registry.docker.io",
                    "scope", "repository:a/b:pull,push")));
  }

  @Test
  void severalInOneLineAndInSeveralLines() {
    assertThat(
            Challenge.parse(
                List.of("Basic realm=\"a\", bearer REALM = \"b\" , Error=x", "Negotiate")))
        .containsExactly(
            new Challenge("basic", Map.of("realm", "a")),
            new Challenge("bearer", Map.of("realm", "b", "error", "x")),
            new Challenge("negotiate", Map.of()));
  }

  @Test
  void escapesAndUnquotedValues() {
    assertThat(Challenge.parse(List.of("Basic realm=\"a \\\"b\\\" c\", charset=UTF-8")))
        .containsExactly(new Challenge("basic", Map.of("realm", "a \"b\" c", "charset", "UTF-8")));
  }

  @Test
  void garbageIsNoChallengeAndNoFailure() {
    assertThat(Challenge.parse(List.of("", ",,,", "=\"", "\"\"\"="))).isEmpty();
    assertThat(Challenge.parse(List.of("Bearer realm=\"unterminated")))
        .containsExactly(new Challenge("bearer", Map.of("realm", "unterminated")));
  }
}
