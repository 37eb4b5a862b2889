package dev.jbuild.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {

  @ParameterizedTest
  @CsvSource({
    "linux/amd64, linux/amd64",
    "linux/x86_64, linux/amd64",
    "linux/amd64/v1, linux/amd64",
    "linux/amd64/v3, linux/amd64/v3",
    "linux/arm64/v8, linux/arm64",
    "linux/aarch64, linux/arm64",
    "linux/arm, linux/arm/v7",
    "linux/armhf, linux/arm/v7",
    "linux/armel, linux/arm/v6",
    "Linux/ARM/6, linux/arm/v6",
    "linux/i386, linux/386",
    "macos/arm64, darwin/arm64",
    "linux/riscv64, linux/riscv64",
    "riscv64, linux/riscv64",
  })
  void normalises(String given, String normal) {
    assertThat(Platform.parse(given)).hasToString(normal);
  }

  @Test
  void keepsTheVersionOfAnOperatingSystem() {
    assertThat(Platform.parse("windows(10.0.17763)/amd64").osVersion()).isEqualTo("10.0.17763");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "linux/", "/amd64", "linux/arm/v7/x", "linux/a b", "nonsense"})
  void refusesWhatIsNoPlatform(String text) {
    assertThatThrownBy(() -> Platform.parse(text))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("invalid platform \"" + text + "\"");
  }

  @Test
  void anArm64MachineRunsArmImagesTheBestFirst() {
    Platform machine = Platform.parse("linux/arm64");
    assertThat(machine.acceptable().stream().map(Platform::toString))
        .containsExactly(
            "linux/arm64", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5");
    assertThat(
            machine.best(
                List.of(
                    Platform.parse("linux/amd64"),
                    Platform.parse("linux/arm/v6"),
                    Platform.parse("linux/arm/v7"))))
        .contains(Platform.parse("linux/arm/v7"));
  }

  @Test
  void aLowerVariantRunsAndAHigherDoesNot() {
    Platform machine = Platform.parse("linux/amd64/v2");
    assertThat(machine.accepts(Platform.parse("linux/amd64"))).isTrue();
    assertThat(machine.accepts(Platform.parse("linux/386"))).isTrue();
    assertThat(machine.accepts(Platform.parse("linux/amd64/v3"))).isFalse();
    assertThat(machine.accepts(Platform.parse("windows/amd64"))).isFalse();
  }

  @Test
  void anotherVersionOfTheSystemDoesNotRun() {
    Platform machine = Platform.parse("windows(10.0.17763)/amd64");
    assertThat(machine.accepts(Platform.parse("windows(10.0.20348)/amd64"))).isFalse();
    assertThat(machine.accepts(Platform.parse("windows/amd64"))).isTrue();
  }
}
