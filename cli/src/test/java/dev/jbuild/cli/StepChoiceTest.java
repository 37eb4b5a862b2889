package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.cache.BuildNotes.Note;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepChoiceTest {
  /** The base was resolved before there was a plan, and the stages ran side by side. */
  private static final List<String> NUMBERS =
      List.of("resolve/debian", "base/1", "app/2", "base/2", "base/3");

  private static final List<Note> STEPS =
      List.of(
          note("base/1", "[base] FROM debian"),
          note("base/2", "[base 2/3] RUN apt-get update"),
          note("base/3", "[base 3/3] COPY 2 /base/2"),
          note("app/2", "[app 2/2] RUN make"));

  private static Note note(String id, String name) {
    return new Note(id, NUMBERS.indexOf(id) + 1, name, "Dockerfile:1", "executed", "");
  }

  @ParameterizedTest
  @CsvSource({
    "base/2,base/2",
    "2,base/1",
    "#4,base/2",
    "#3,app/2",
    "base 3/3,base/3",
    "[app 2/2],app/2",
    "make,app/2"
  })
  void stepIsFoundBy(String typed, String id) {
    assertThat(StepChoice.one(typed, STEPS, StepChoice.NOTES).id()).isEqualTo(id);
  }

  @Test
  void severalAndNoneAreAnErrorThatNamesThem() {
    assertThatThrownBy(() -> StepChoice.one("RUN", STEPS, StepChoice.NOTES))
        .hasMessageContaining("the last build has 2 steps with \"RUN\"");
    assertThatThrownBy(() -> StepChoice.one("9", STEPS, StepChoice.NOTES))
        .hasMessageContaining("no step \"9\"");
  }
}
