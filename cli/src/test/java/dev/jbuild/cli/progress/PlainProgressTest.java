package dev.jbuild.cli.progress;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.failure.BuildFailure;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlainProgressTest {
  private static final Step FROM =
      new Step("a/1", "[a] FROM x", new SourceSpan("Dockerfile", 1, 1, 1, 7));
  private static final Step RUN =
      new Step("a/2", "[a 2/2] RUN make", new SourceSpan("Dockerfile", 2, 1, 3, 9));

  /** Work on the result, not a step of the Dockerfile. */
  private static final Step EXPORT = new Step("export:1", "exporting to the store", null);

  private static final Instant START = Instant.EPOCH;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(bytes, true, UTF_8);

  private static Instant at(long millis) {
    return START.plusMillis(millis);
  }

  private static BuildEvent output(long millis, String text) {
    return new BuildEvent.StepOutput(at(millis), RUN, false, text.getBytes(UTF_8));
  }

  private String shown(Progress progress, BuildEvent... events) {
    for (BuildEvent event : events) {
      progress.on(event);
    }
    progress.close();
    return bytes.toString(UTF_8);
  }

  @Test
  void stepsLinesTimesAndTheResultAreShown() {
    String text =
        shown(
            new PlainProgress(stream),
            new BuildEvent.Planned(START, "b", List.of(FROM, RUN)),
            new BuildEvent.StepCached(at(10), FROM, "local"),
            new BuildEvent.StepStarted(at(100), RUN, "src/a.c changed"),
            new BuildEvent.SandboxChosen(at(110), "A", "namespaces", "root with CAP_SYS_ADMIN"),
            output(350, "one\ntw"),
            output(600, "o\n\n"),
            output(700, "10%\r50%\rdone\r\n"),
            output(800, "no newline"),
            new BuildEvent.StepFinished(
                at(1420),
                RUN,
                Duration.ofMillis(1320),
                new BuildEvent.Usage(Duration.ofMillis(900), 4_200_000, -1, 5_000_000, 3)),
            new BuildEvent.Warning(at(1430), "careful", RUN.span()),
            new BuildEvent.StepStarted(at(1440), EXPORT, null),
            new BuildEvent.StepFinished(at(1450), EXPORT, Duration.ofMillis(10), null),
            new BuildEvent.Finished(
                at(1500),
                Duration.ofMillis(1500),
                new BuildResult("b", null, null, List.of("x:1"))));

    assertThat(text)
        .isEqualTo(
            """
            #1 [a] FROM x  (Dockerfile:1) CACHED
            #2 [a 2/2] RUN make  (Dockerfile:2-3) (src/a.c changed)
            RUN steps: tier A, isolation namespaces (root with CAP_SYS_ADMIN)
            #2 0.25 one
            #2 0.50 two
            #2 0.50\040
            #2 0.60 done
            #2 1.32 no newline
            #2 DONE 1.32s (cpu 0.90s, memory 4.2MB, written 5.0MB, processes 3)
            warning: Dockerfile:2:1: careful
            #3 exporting to the store
            #3 DONE 0.01s
            built in 1.50s: 1 executed, 1 cached; x:1
            """);
  }

  private static BuildEvent moved(long millis, String what, long current) {
    Step pull = new Step("transfer:1", "pulling from docker.io/library/debian", null);
    return new BuildEvent.StepProgress(at(millis), pull, what, current, 50_000_000);
  }

  @Test
  void bytesOfEachBlobAreShownAtTheBeginningTheEndAndNotOftenBetween() {
    String one = "sha256:" + "1".repeat(64);
    String two = "sha256:" + "2".repeat(64);

    String text =
        shown(
            new PlainProgress(stream),
            moved(0, one, 0),
            moved(200, two, 7_000_000),
            moved(400, one, 1_000_000),
            moved(5_100, one, 12_500_000),
            moved(5_300, one, 13_000_000),
            moved(6_000, one, 50_000_000));

    assertThat(text)
        .isEqualTo(
            """
            #1 sha256:111111111111 0B / 50.0MB 0.00s
            #1 sha256:222222222222 7.0MB / 50.0MB 0.00s
            #1 sha256:111111111111 12.5MB / 50.0MB 5.10s
            #1 sha256:111111111111 50.0MB / 50.0MB 6.00s done
            """);
  }

  private BuildEvent[] failing() {
    BuildFailure failure = new BuildFailure(BuildFailure.Kind.USER, "it went wrong");
    StringBuilder long20 = new StringBuilder();
    for (int i = 1; i <= 30; i++) {
      long20.append("line ").append(i).append('\n');
    }
    return new BuildEvent[] {
      new BuildEvent.StepStarted(START, RUN, null),
      output(10, long20.toString()),
      new BuildEvent.StepFailed(at(20), RUN, Duration.ofMillis(20), failure),
      new BuildEvent.Failed(at(30), Duration.ofMillis(30), failure)
    };
  }

  @Test
  void ofAFailedStepTheLastOutputIsShownOnceMore() {
    String text = shown(new PlainProgress(stream), failing());

    assertThat(text).contains("#1 0.01 line 1\n").contains("#1 FAILED 0.02s: it went wrong\n");
    assertThat(text.substring(text.indexOf("---")))
        .startsWith("--- the last output of [a 2/2] RUN make\nline 11\n")
        .endsWith("line 30\n---\n");
  }

  @Test
  void quietShowsNothingButTheOutputOfAFailedStep() {
    String text = shown(new QuietProgress(stream), failing());

    assertThat(text)
        .startsWith("--- the last output of [a 2/2] RUN make\nline 11\n")
        .doesNotContain("FAILED");
  }

  @Test
  void cancelledStepsAreNotBlamed() {
    BuildFailure cancelled = new BuildFailure(BuildFailure.Kind.CANCELLED, "cancelled");

    String text =
        shown(
            new PlainProgress(stream),
            new BuildEvent.StepStarted(START, RUN, null),
            output(10, "half\n"),
            new BuildEvent.StepFailed(at(20), RUN, Duration.ofMillis(20), cancelled));

    assertThat(text).endsWith("#1 CANCELLED\n");
  }

  @Test
  void bytesOfStepsPassUnchanged() {
    byte[] odd = {'a', (byte) 0xff, (byte) 0xc3, 'b', '\n'};
    PlainProgress progress = new PlainProgress(stream);
    progress.on(new BuildEvent.StepStarted(START, RUN, null));
    bytes.reset();
    progress.on(new BuildEvent.StepOutput(START, RUN, true, odd));

    assertThat(bytes.toByteArray()).endsWith(odd);
  }

  @Test
  void jsonIsOneObjectALine() {
    String text = shown(new RawJsonProgress(stream), failing());

    assertThat(text.lines())
        .hasSize(4)
        .allMatch(line -> line.startsWith("{\"type\":\"") && line.endsWith("}"));
    assertThat(text).contains("\"stream\":\"stdout\",\"text\":\"line 1\\nline 2\\n");
  }
}
