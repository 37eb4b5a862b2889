package dev.jbuild.engine.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ModeChangeTest {
  @ParameterizedTest
  @CsvSource({
    "755,0644,false,0755",
    "4755,0644,false,04755",
    "0,0644,false,0",
    "u+x,0644,false,0744",
    "'u+x,go-r',0644,false,0700",
    "a=rX,0644,false,0444",
    "a=rX,0744,false,0555",
    "a=rX,0700,true,0555",
    "+x,0644,false,0755",
    "g=u,0640,false,0660",
    "u=rwx,04644,false,0744",
    "u=rwx,04644,true,04744",
    "u+s,0755,false,04755",
    "g+s,0755,false,02755",
    "+t,0755,true,01755",
    "o-rwx,0777,false,0770",
    "u=,0777,false,0077",
    "u+r-w,0200,false,0400"
  })
  void modesChangeAsChmodSays(String text, String before, boolean directory, String after) {
    assertThat(ModeChange.parse(text).apply(Integer.parseInt(before, 8), directory))
        .isEqualTo(Integer.parseInt(after, 8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "8", "10000", "77777", "u", "u+q", "rwx", "u+x,", "0o755", "-1", "u+uw"})
  void whatIsNoModeIsRefused(String text) {
    assertThatThrownBy(() -> ModeChange.parse(text))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("\"" + text + "\" is not a mode");
  }
}
