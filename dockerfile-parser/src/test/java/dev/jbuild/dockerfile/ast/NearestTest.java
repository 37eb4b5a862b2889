package dev.jbuild.dockerfile.ast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  private static final List<String> NAMES = List.of("RUN", "COPY", "ENTRYPOINT", "ENV", "FROM");

  @ParameterizedTest
  @CsvSource({
    "RNU, RUN",
    "RUNN, RUN",
    "copi, COPY",
    "ENTRYPIONT, ENTRYPOINT",
    "FORM, FROM",
    "EVN, ENV",
    "x,",
    "apt-get,",
    "'',",
    "ADDRESS,",
  })
  void aSlipFindsItsName(String word, String expected) {
    assertThat(Nearest.of(word, NAMES).orElse(null)).isEqualTo(expected);
  }
}
