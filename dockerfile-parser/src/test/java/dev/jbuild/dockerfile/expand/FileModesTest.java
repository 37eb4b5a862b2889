package dev.jbuild.dockerfile.expand;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileModesTest {
  @ParameterizedTest
  @ValueSource(strings = {"755", "0644", "07777", "u+x", "u+rw,go-w", "a=rX", "g=u", "+s", "u+x-w"})
  void modesOfChmodAreValid(String mode) {
    assertThat(FileModes.isValid(mode)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "888", "17777", "u", "u+q", "u+x,", ",u+x", "u+ug"})
  void othersAreNot(String mode) {
    assertThat(FileModes.isValid(mode)).isFalse();
  }

  @Test
  void lengthCostsNoStack() {
    assertThat(FileModes.isValid("+".repeat(60_000))).isTrue();
    assertThat(FileModes.isValid("u+x" + ",u+x".repeat(15_000))).isTrue();
    assertThat(FileModes.isValid("u+x" + ",u+x".repeat(15_000) + ",")).isFalse();
  }
}
