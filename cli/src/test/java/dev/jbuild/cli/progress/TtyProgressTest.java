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
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TtyProgressTest {
  private static final Instant START = Instant.ofEpochSecond(1000);
  private static final Step FROM = new Step("a/1", "[a] FROM x", line(1));
  private static final Step RUN = new Step("a/2", "[a 2/2] RUN make", line(2));
  private static final Step OTHER = new Step("b/2", "[b 2/2] RUN test", line(4));
  private static final Step PULL = new Step("transfer:1", "pulling from debian", null);
  private static final BuildEvent PLANNED =
      new BuildEvent.Planned(START, "b", List.of(FROM, RUN, OTHER));

  private final LiveView view = new LiveView("building");
  private final LiveScreen sender = new LiveScreen(false);

  private static Instant at(long millis) {
    return START.plusMillis(millis);
  }

  private static BuildEvent started(Step step, long millis) {
    return new BuildEvent.StepStarted(at(millis), step, "src/a.c changed");
  }

  private static BuildEvent output(Step step, String text) {
    return new BuildEvent.StepOutput(at(0), step, false, text.getBytes(UTF_8));
  }

  private static BuildEvent finished(Step step, long millis) {
    return new BuildEvent.StepFinished(at(0), step, Duration.ofMillis(millis), null);
  }

  private void show(FakeScreen screen, long millis, int rows, int columns, BuildEvent... events) {
    for (BuildEvent event : events) {
      view.on(event);
    }
    screen.write(sender.show(view.frame(at(millis), rows, columns), columns));
  }

  private static SourceSpan line(int number) {
    return new SourceSpan("Dockerfile", number, 1, number, 9);
  }

  @Test
  void runningStepsHaveTheirTimeAndLastLinesAndFinishedOnesAreCompact() {
    FakeScreen screen = new FakeScreen(24, 50);
    show(
        screen,
        500,
        24,
        50,
        PLANNED,
        new BuildEvent.StepCached(at(10), FROM, "local"),
        started(RUN, 100),
        started(OTHER, 200));
    assertThat(screen.text())
        .isEqualTo(
            """
             => CACHED [a] FROM x
             => [a 2/2] RUN make                        0.40s
             => => (src/a.c changed)
             => [b 2/2] RUN test                        0.30s
             => => (src/a.c changed)
            [+] building 0.50s (1/3), 2 running\
            """);
    assertThat(screen.cursor).isFalse();
    show(screen, 900, 24, 50, output(RUN, "1\n2\n3\n4\n5\n6\n\u001b[31m7\u001b[0m\n10%\r20%"));
    show(screen, 1500, 24, 50, finished(OTHER, 1100));
    assertThat(screen.text())
        .isEqualTo(
            """
             => CACHED [a] FROM x
             => [b 2/2] RUN test                        1.10s
             => [a 2/2] RUN make                        1.40s
             => => # 3
             => => # 4
             => => # 5
             => => # 6
             => => # 7
             => => # 20%
            [+] building 1.50s (2/3), 1 running\
            """);
  }

  @Test
  void endLeavesFinishedStepsTheResultAndTheCursor() {
    FakeScreen screen = new FakeScreen(24, 70);
    show(screen, 100, 24, 70, PLANNED, started(RUN, 0), output(RUN, "x\n"));
    BuildResult result = new BuildResult("b", null, null, List.of("hello:latest"));
    show(
        screen,
        2000,
        24,
        70,
        finished(RUN, 1900),
        new BuildEvent.Finished(at(2000), Duration.ofSeconds(2), result));
    screen.write(sender.end(70));
    assertThat(screen.text())
        .isEqualTo(
            """
             => [a 2/2] RUN make                                            1.90s
            built in 2.00s: 1 executed, 0 cached; hello:latest\
            """);
    assertThat(screen.cursor).isTrue();
  }

  @Test
  void endInTheMiddleClearsWhatWasRunning() {
    FakeScreen screen = new FakeScreen(24, 50);
    show(screen, 100, 24, 50, PLANNED, started(RUN, 0), output(RUN, "x\n"));
    screen.write(sender.end(50));
    assertThat(screen.text()).isEmpty();
    assertThat(screen.cursor).isTrue();
  }

  @Test
  void failureAndCancellationAreNamed() {
    FakeScreen screen = new FakeScreen(24, 50);
    show(
        screen,
        100,
        24,
        50,
        new BuildEvent.StepFailed(
            at(1), RUN, Duration.ofSeconds(1), new BuildFailure(BuildFailure.Kind.USER, "no")),
        new BuildEvent.StepFailed(
            at(1),
            OTHER,
            Duration.ofSeconds(2),
            new BuildFailure(BuildFailure.Kind.CANCELLED, "no")),
        new BuildEvent.Warning(at(2), "old\u001b]0;title\u0007 syntax", null));
    assertThat(screen.text())
        .isEqualTo(
            """
             => ERROR [a 2/2] RUN make                  1.00s
             => CANCELLED [b 2/2] RUN test              2.00s
            warning: old syntax\
            """);
  }

  /** Whatever the window and the output: no line wraps, and what is settled is there once. */
  @Test
  void linesFitAnyWindowAlsoWhileItIsResized() {
    Random random = new Random(7);
    for (int round = 0; round < 200; round++) {
      LiveView live = new LiveView("building");
      LiveScreen out = new LiveScreen(false);
      int rows = 2 + random.nextInt(12);
      int columns = 12 + random.nextInt(40);
      FakeScreen screen = new FakeScreen(rows, columns);
      int settled = 0;
      for (int i = 0; i < 30; i++) {
        Step step = new Step("s/" + i, "[s " + i + "/30] RUN \u4f60\u597d " + "x".repeat(i), null);
        live.on(started(step, i));
        live.on(
            output(step, "line\twith \u0007 bell \u65e5 " + "y".repeat(random.nextInt(90)) + "\n"));
        if (random.nextBoolean()) {
          live.on(finished(step, 5));
          settled++;
        }
        LiveView.Frame frame = live.frame(at(i), rows, columns);
        assertThat(frame.live().size()).isLessThan(Math.max(2, rows));
        frame
            .settled()
            .forEach(line -> assertThat(TerminalText.width(line.text())).isLessThan(columns));
        frame
            .live()
            .forEach(line -> assertThat(TerminalText.width(line.text())).isLessThan(columns));
        screen.write(out.show(frame, columns));
      }
      screen.write(out.end(columns));
      assertThat(screen.text().lines().filter(line -> line.startsWith(" => ["))).hasSize(settled);
    }
  }

  @Test
  void sameFrameIsNotSentAgain() {
    view.on(PLANNED);
    assertThat(sender.show(view.frame(at(0), 24, 80), 80)).isNotEmpty();
    assertThat(sender.show(view.frame(at(0), 24, 80), 80)).isEmpty();
  }

  @Test
  void windowThatBecameNarrowerIsClearedWhole() {
    view.on(PLANNED);
    view.on(started(RUN, 0));
    String first = sender.show(view.frame(at(10), 24, 80), 80);
    assertThat(first).contains("RUN make");
    // 79 cells take four rows of 20, twice but for the line of the reason and the whole.
    assertThat(sender.show(view.frame(at(20), 24, 20), 20)).startsWith("\r\u001b[8A");
  }

  private static BuildEvent moved(long millis, char digit, long current) {
    String digest = "sha256:" + String.valueOf(digit).repeat(64);
    return new BuildEvent.StepProgress(at(millis), PULL, digest, current, 50_000_000);
  }

  @Test
  void eachBlobUnderWayHasItsBytesAndItsTime() {
    FakeScreen screen = new FakeScreen(24, 60);
    show(
        screen,
        3100,
        24,
        60,
        new BuildEvent.StepStarted(at(0), PULL, null),
        moved(0, '1', 0),
        moved(2000, '2', 0),
        moved(2500, '3', 0),
        moved(2900, '1', 12_500_000),
        moved(3000, '3', 50_000_000));
    assertThat(screen.text())
        .isEqualTo(
            """
             => pulling from debian                               3.10s
             => => sha256:111111111111 12.5MB / 50.0MB 3.10s
             => => sha256:222222222222 0B / 50.0MB 1.10s
            [+] building 3.10s (0), 1 running\
            """);
  }

  @Test
  void theLastOutputOfAFailedStepIsShownAtTheEnd() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TtyProgress progress =
        new TtyProgress(
            new PrintStream(bytes, true, UTF_8),
            "building",
            () -> new TtyProgress.Window(24, 60),
            true,
            InstantSource.fixed(at(100)));
    progress.on(PLANNED);
    progress.on(started(RUN, 0));
    progress.on(output(RUN, "undefined reference\n"));
    progress.on(
        new BuildEvent.StepFailed(
            at(1), RUN, Duration.ofSeconds(1), new BuildFailure(BuildFailure.Kind.USER, "no")));
    progress.close();
    progress.close();
    String sent = bytes.toString(UTF_8);
    int tail = sent.indexOf("--- the last output of [a 2/2] RUN make");
    FakeScreen screen = new FakeScreen(24, 60);
    screen.write(sent);
    assertThat(screen.text())
        .contains(" => ERROR [a 2/2] RUN make")
        .endsWith("undefined reference\n---");
    assertThat(screen.cursor).isTrue();
    assertThat(screen.coloured).isTrue();
    assertThat(sent.indexOf("?25h")).isPositive().isLessThan(tail);
  }
}
