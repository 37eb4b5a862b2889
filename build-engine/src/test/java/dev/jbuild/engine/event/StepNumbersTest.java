package dev.jbuild.engine.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.engine.solve.StepEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepNumbersTest {
  private static final Step RESOLVE = new Step("resolve/debian", "resolve debian", null);
  private static final Step FROM = new Step("base/1", "FROM debian", null);
  private static final Step RUN = new Step("base/2", "RUN make", null);

  private final BuildNotes notes = new BuildNotes(List.of());
  private final StepEvents events = new StepEvents(notes::on, Clock.systemUTC());

  @Test
  void whatComesBeforeThePlanHasANumberToo(@TempDir Path directory) throws IOException {
    events.progress(RESOLVE, "manifest", 1, 2);
    events.send(new BuildEvent.Planned(Instant.EPOCH, "1", List.of(FROM, RUN)));
    events.started(RUN, null);
    assertThat(events.number(RUN)).isEqualTo(3);
    notes.save(directory);
    assertThat(BuildNotes.last(directory).orElseThrow().steps())
        .extracting(note -> note.number() + " " + note.id())
        .containsExactly("2 base/1", "3 base/2");
  }

  @Test
  void secondAttemptKeepsTheNumbers() {
    events.started(RUN, null);
    StepEvents again = events.again();
    again.started(FROM, null);
    assertThat(again.number(RUN)).isEqualTo(1);
    assertThat(again.number(FROM)).isEqualTo(2);
  }
}
