package dev.jbuild.cli.progress;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.event.StepNumbers;
import dev.jbuild.failure.BuildFailure;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * One line for each thing that happens, in the order it happens. Every line of a step begins with
 * its number, as steps run at once:
 *
 * <pre>
 * RUN steps: tier A, isolation namespaces (root with CAP_SYS_ADMIN)
 * #3 [build 2/5] RUN make  (Dockerfile:7)
 * #3 0.41 cc -o hello hello.c
 * #3 DONE 1.32s
 * #4 [build 3/5] COPY src .  (Dockerfile:9) CACHED
 * </pre>
 */
public final class PlainProgress implements Progress {
  private static final Duration BETWEEN_PROGRESS = Duration.ofSeconds(5);

  private final PrintStream err;
  private final OutputTails tails = new OutputTails();
  private final StepNumbers numbers = new StepNumbers();
  private final Map<String, Row> rows = new HashMap<>();
  private int cached;
  private int executed;

  private static final class Row {
    final int number;
    Instant started = Instant.EPOCH;
    final Map<String, Moving> moving = new HashMap<>();
    boolean announced;
    final Lines stdout = new Lines();
    final Lines stderr = new Lines();

    Row(int number) {
      this.number = number;
    }
  }

  /** One of the things whose bytes are counted. */
  private static final class Moving {
    final Instant began;
    Instant next;

    Moving(Instant began) {
      this.began = began;
      next = began;
    }
  }

  public PlainProgress(PrintStream err) {
    this.err = err;
  }

  @Override
  public void on(BuildEvent event) {
    tails.on(event);
    numbers.on(event);
    switch (event) {
      case BuildEvent.Planned _ -> {}
      case BuildEvent.SandboxChosen chosen ->
          print(
              "RUN steps: tier "
                  + chosen.tier()
                  + ", isolation "
                  + chosen.isolation()
                  + " ("
                  + chosen.reason()
                  + ")");
      case BuildEvent.StepStarted started -> started(started);
      case BuildEvent.StepCached hit -> {
        cached++;
        announce(
            hit.step(), hit.from().equals("local") ? " CACHED" : " CACHED (" + hit.from() + ")");
      }
      case BuildEvent.StepOutput output -> output(output);
      case BuildEvent.StepProgress progress -> progress(progress);
      case BuildEvent.StepFinished finished -> {
        if (finished.step().source().isPresent()) {
          executed++;
        }
        flush(finished.step(), finished.time());
        line(finished.step(), "DONE " + Figures.time(finished.took()) + usage(finished));
      }
      case BuildEvent.StepFailed failed -> {
        flush(failed.step(), failed.time());
        line(
            failed.step(),
            failed.failure().kind() == BuildFailure.Kind.CANCELLED
                ? "CANCELLED"
                : "FAILED " + Figures.time(failed.took()) + ": " + failed.failure().text());
      }
      case BuildEvent.Warning warning ->
          print(
              "warning: "
                  + warning.source().map(span -> span + ": ").orElse("")
                  + warning.message());
      case BuildEvent.Finished finished -> print(Summary.of(finished, executed, cached));
      case BuildEvent.Failed _ -> {}
    }
  }

  @Override
  public void close() {
    tails.failed().ifPresent(tail -> tail.print(err));
    err.flush();
  }

  private Row row(Step step) {
    return rows.computeIfAbsent(step.id(), _ -> new Row(numbers.of(step)));
  }

  private void started(BuildEvent.StepStarted started) {
    Row row = row(started.step());
    row.started = started.time();
    announce(started.step(), started.missReason().map(reason -> " (" + reason + ")").orElse(""));
  }

  private void announce(Step step, String state) {
    Row row = row(step);
    if (row.announced) {
      line(step, state.strip());
      return;
    }
    row.announced = true;
    line(step, step.name() + step.source().map(PlainProgress::place).orElse("") + state);
  }

  private static String place(SourceSpan span) {
    return "  ("
        + span.file()
        + ":"
        + span.startLine()
        + (span.endLine() > span.startLine() ? "-" + span.endLine() : "")
        + ")";
  }

  private void output(BuildEvent.StepOutput output) {
    Row row = row(output.step());
    Lines lines = output.stderr() ? row.stderr : row.stdout;
    String prefix = prefix(row, output.time());
    lines.add(output.bytes(), text -> write(Lines.prefixed(prefix, text)));
  }

  private void flush(Step step, Instant time) {
    Row row = row(step);
    String prefix = prefix(row, time);
    row.stdout.flush(text -> write(Lines.prefixed(prefix, text)));
    row.stderr.flush(text -> write(Lines.prefixed(prefix, text)));
  }

  private static String prefix(Row row, Instant time) {
    double seconds = Duration.between(row.started, time).toMillis() / 1000.0;
    return String.format(java.util.Locale.ROOT, "#%d %.2f ", row.number, seconds);
  }

  private void progress(BuildEvent.StepProgress progress) {
    Row row = row(progress.step());
    Moving moving = row.moving.computeIfAbsent(progress.what(), _ -> new Moving(progress.time()));
    boolean last = progress.total() >= 0 && progress.current() >= progress.total();
    if (!last && progress.time().isBefore(moving.next)) {
      return;
    }
    moving.next = progress.time().plus(BETWEEN_PROGRESS);
    line(
        progress.step(),
        Figures.progress(
                progress.what(),
                progress.current(),
                progress.total(),
                Duration.between(moving.began, progress.time()))
            + (last ? " done" : ""));
  }

  private static String usage(BuildEvent.StepFinished finished) {
    return finished
        .resources()
        .map(used ->
            " (cpu "
                + Figures.time(used.cpu())
                + (used.memoryPeak() > 0 ? ", memory " + Figures.size(used.memoryPeak()) : "")
                + (used.readBytes() > 0 ? ", read " + Figures.size(used.readBytes()) : "")
                + (used.writtenBytes() > 0 ? ", written " + Figures.size(used.writtenBytes()) : "")
                + (used.pidsPeak() > 0 ? ", processes " + used.pidsPeak() : "")
                + ")")
        .orElse("");
  }

  private void line(Step step, String text) {
    print("#" + row(step).number + " " + text);
  }

  private void print(String line) {
    write(Lines.utf8(line + "\n"));
  }

  private void write(byte[] line) {
    err.write(line, 0, line.length);
    err.flush();
  }
}
