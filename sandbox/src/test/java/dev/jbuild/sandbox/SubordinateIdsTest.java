package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubordinateIdsTest {

  private static IdRange choose(String subuid, String subgid) {
    return new SubordinateIds(SubordinateIds.parse(subuid), SubordinateIds.parse(subgid)).choose();
  }

  @Test
  void largestRangeOfTheOwnerIsTaken() {
    assertThat(
            choose(
                "ann:100000:65536\njbuild:200000:10\njbuild:300000:65536\n",
                "jbuild:400000:70000\nann:100000:65536\n"))
        .isEqualTo(new IdRange(300_000, 400_000, 65_536));
  }

  @Test
  void withoutOneThereAreIdsAboveThoseOfContainers() {
    IdRange unused = new IdRange(1_879_048_192, 1_879_048_192, 65_536);
    assertThat(choose("", "")).isEqualTo(unused);
    assertThat(choose("jbuild:200000:65536\n", "")).isEqualTo(unused);
  }

  @Test
  void idsThatAnyoneHasAreLeftToThem() {
    assertThat(choose("ann:1879048192:1\n", "bob:1879113730:65536\n"))
        .isEqualTo(new IdRange(1_879_244_800, 1_879_244_800, 65_536));
  }

  @Test
  void linesThatAreNoneArePassedOver() {
    assertThat(
            SubordinateIds.parse(
                "# note\n\njbuild:x:1\njbuild:1\njbuild:-1:5\nann:1:99999999999\nbob:7:8\n"))
        .containsExactly(new SubordinateIds.Range("bob", 7, 8));
  }

  @Test
  void rangeWithRootInItIsNotUsed() {
    assertThat(choose("jbuild:0:65536\n", "jbuild:100000:65536\n").uid()).isEqualTo(1_879_048_192);
  }

  @Test
  void valuesOfTheFlagAreRead() {
    assertThat(UsernsRemap.parse("off")).isEqualTo(UsernsRemap.OFF);
    assertThat(UsernsRemap.parse("auto")).isEqualTo(new UsernsRemap.Auto(true));
    assertThat(UsernsRemap.parse("100000:200000:65536"))
        .isEqualTo(new UsernsRemap.Given(new IdRange(100_000, 200_000, 65_536)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "on",
        "AUTO",
        "1:1",
        "0:1:5",
        "1:0:5",
        "1:1:0",
        "-1:1:1",
        "1:1:2147483647",
        "9999999999:1:1",
        "1:1:1:1",
        " 1:1:1"
      })
  void otherValuesAreRefused(String text) {
    assertThatThrownBy(() -> UsernsRemap.parse(text))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("--userns-remap: \"" + text + "\" is no range of ids");
  }
}
