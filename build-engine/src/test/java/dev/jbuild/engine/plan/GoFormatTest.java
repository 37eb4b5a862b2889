package dev.jbuild.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Healthcheck;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GoFormatTest {
  @Test
  void listsAreQuotedAsGoDoes() {
    assertThat(GoFormat.quoted(List.of("sh", "-c", "echo \"a\"\n\t\\")))
        .isEqualTo("[\"sh\" \"-c\" \"echo \\\"a\\\"\\n\\t\\\\\"]");
    assertThat(GoFormat.quoted(List.of("ä\u0001\u00a0"))).isEqualTo("[\"ä\\x01\\u00a0\"]");
    assertThat(GoFormat.quoted(List.of())).isEqualTo("[]");
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S,0s",
    "PT30S,30s",
    "PT1M30S,1m30s",
    "PT1H,1h0m0s",
    "PT0.25S,250ms",
    "PT1.5S,1.5s",
    "PT0.0000015S,1.5µs",
    "PT26H3M0.01S,26h3m0.01s",
    "PT1M,1m0s"
  })
  void durationsArePrintedAsGoDoes(Duration value, String text) {
    assertThat(GoFormat.duration(value)).isEqualTo(text);
  }

  @Test
  void healthcheckIsPrintedAsBuildKitDoes() {
    Healthcheck check =
        new Healthcheck(
            List.of("CMD-SHELL", "true || false"),
            Duration.ofSeconds(30),
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            3);
    assertThat(GoFormat.healthcheck(check))
        .isEqualTo("&{[\"CMD-SHELL\" \"true || false\"] \"30s\" \"0s\" \"0s\" \"0s\" '\\x03'}");
  }
}
