package dev.jbuild.dockerfile.parse;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "1s, PT1S",
    "1m30s, PT1M30S",
    "1.5h, PT1H30M",
    ".5s, PT0.5S",
    "1.s, PT1S",
    "250ms, PT0.25S",
    "1us, PT0.000001S",
    "1µs, PT0.000001S",
    "1ns, PT0.000000001S",
    "-2s, PT-2S",
    "+2s, PT2S",
    "2562047h47m16.854775807s, PT2562047H47M16.854775807S",
    "2562047h47m16.854775808s,",
    "'',",
    "5,",
    "s,",
    "1d,",
    "1 s,",
    "-,",
    "1s-,",
    "..5s,",
  })
  void durationsReadAsInGo(String text, String expected) {
    assertThat(String.valueOf(GoDuration.parse(text))).isEqualTo(String.valueOf(expected));
  }
}
