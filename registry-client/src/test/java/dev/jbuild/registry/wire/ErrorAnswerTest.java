package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorAnswerTest {
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-03-01T12:00:00Z"), ZoneOffset.UTC);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7|7",
        " 120 |120",
        "-1|0",
        "Sun, 01 Mar 2026 12:01:30 GMT|90",
        "Sun, 1 Mar 2026 12:01:30 GMT|90",
        "Sun, 01 Mar 2026 11:00:00 GMT|0"
      })
  void retryAfterIsSecondsOrADate(String header, long seconds) {
    assertThat(ErrorAnswer.retryAfter(Optional.of(header), NOON))
        .contains(Duration.ofSeconds(seconds));
  }

  @Test
  void retryAfterThatIsNeitherIsNone() {
    assertThat(ErrorAnswer.retryAfter(Optional.of("soon"), NOON)).isEmpty();
    assertThat(ErrorAnswer.retryAfter(Optional.empty(), NOON)).isEmpty();
  }

  @Test
  void messageIsOneLineForATerminal() {
    String body =
        "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\\u001b[31m"
            + " way\\nmore\",\"detail\":\"ask\"}]}";
    ErrorAnswer answer =
        ErrorAnswer.read(
            new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)),
            Optional.of("application/json"),
            List.of());
    assertThat(answer.code()).isEqualTo("DENIED");
    assertThat(answer.message()).startsWith("no[31m way").doesNotContain("\u001b", "\n");
  }

  @Test
  void secretsThatAServerQuotesAreCutOutAlsoWhereControlsOrTheCutHideThem() {
    String secret = "hunter2hunter2";
    String body =
        "{\"errors\":[{\"code\":\"NO hunter2hunter2\",\"message\":\"a hunter2\\u0007hunter2 "
            + "x".repeat(280)
            + "hunter2hunter2\"}]}";
    ErrorAnswer answer =
        ErrorAnswer.read(
            new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)),
            Optional.of("application/json"),
            List.of(secret));
    assertThat(answer.text()).startsWith("NO *** \"a *** xxx").doesNotContain("hunter2");
  }
}
