package dev.jbuild.cli.progress;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What a build looks like at a moment, from its events and the time alone: lines that are settled,
 * each given out once, and below them those that still change: running steps with their time and
 * the last of their output, and a line on the whole.
 *
 * <p>No line of a step is wider than the window less one cell, and the lines that change are fewer
 * than its rows, so that a cursor can go back over them. What else is settled is whole and may
 * wrap. Used by one thread at a time.
 */
final class LiveView {
  private static final int OUTPUT_LINES = 6;
  private static final String STEP = " => ";

  /** How a line is meant; the names are BuildKit's colours. */
  enum Style {
    PLAIN,
    DONE,
    RUNNING,
    OUTPUT,
    WARNING,
    ERROR
  }

  /**
   * A line without any escape.
   *
   * @param text without a newline
   */
  record Line(Style style, String text) {}

  /**
   * What is to be shown.
   *
   * @param settled new since the last frame, never to change
   * @param live in place of those of the last frame
   */
  record Frame(List<Line> settled, List<Line> live) {}

  private final String work;
  private final Map<String, Row> running = new LinkedHashMap<>();
  private final List<Settled> settled = new ArrayList<>();
  private OptionalInt planned = OptionalInt.empty();
  private Instant begun = Instant.EPOCH;
  private int cached;
  private int executed;

  /** One of the things whose bytes are counted. */
  private record Moving(Instant began, long current, long total) {}

  /** A line whose right end is a time, laid out when the window's width is known. */
  private record Settled(Style style, String text, String right) {}

  private static final class Row {
    final Step step;
    final Instant started;
    final String reason;
    final Map<String, Moving> moving = new LinkedHashMap<>();
    final Lines stdout = new Lines();
    final Lines stderr = new Lines();
    final Deque<String> last = new ArrayDeque<>();

    Row(Step step, Instant started, String reason) {
      this.step = step;
      this.started = started;
      this.reason = reason;
    }

    void output(BuildEvent.StepOutput output) {
      (output.stderr() ? stderr : stdout).add(output.bytes(), this::line);
    }

    private void line(byte[] line) {
      String text = TerminalText.plain(line);
      if (!text.isBlank()) {
        last.addLast(text);
      }
      if (last.size() > OUTPUT_LINES) {
        last.removeFirst();
      }
    }
  }

  /**
   * @param work what is being done, for the line on the whole: {@code building}
   */
  LiveView(String work) {
    this.work = work;
  }

  /** Takes in an event. */
  void on(BuildEvent event) {
    switch (event) {
      case BuildEvent.Planned plan -> {
        planned = OptionalInt.of(plan.steps().size());
        begun = begun.equals(Instant.EPOCH) ? plan.time() : begun;
      }
      case BuildEvent.SandboxChosen _ -> {} // for logs: there is no room for it here
      case BuildEvent.StepStarted started -> {
        begun = begun.equals(Instant.EPOCH) ? started.time() : begun;
        running.put(
            started.step().id(),
            new Row(started.step(), started.time(), started.missReason().orElse("")));
      }
      case BuildEvent.StepCached hit -> {
        cached++;
        String from = hit.from().equals("local") ? "" : "  (" + hit.from() + ")";
        settle(Style.DONE, " => CACHED " + hit.step().name() + from, "");
      }
      case BuildEvent.StepOutput output -> {
        Row row = running.get(output.step().id());
        if (row != null) {
          row.output(output);
        }
      }
      case BuildEvent.StepProgress progress -> {
        Row row =
            running.computeIfAbsent(
                progress.step().id(), _ -> new Row(progress.step(), progress.time(), ""));
        if (progress.total() >= 0 && progress.current() >= progress.total()) {
          row.moving.remove(progress.what());
        } else {
          Moving before = row.moving.get(progress.what());
          Instant since = before == null ? progress.time() : before.began();
          row.moving.put(progress.what(), new Moving(since, progress.current(), progress.total()));
        }
      }
      case BuildEvent.StepFinished finished -> {
        if (finished.step().source().isPresent()) {
          executed++;
        }
        running.remove(finished.step().id());
        settle(Style.DONE, " => " + finished.step().name(), Figures.time(finished.took()));
      }
      case BuildEvent.StepFailed failed -> {
        running.remove(failed.step().id());
        boolean cancelled = failed.failure().kind() == BuildFailure.Kind.CANCELLED;
        settle(
            cancelled ? Style.WARNING : Style.ERROR,
            (cancelled ? " => CANCELLED " : " => ERROR ") + failed.step().name(),
            Figures.time(failed.took()));
      }
      case BuildEvent.Warning warning ->
          settle(
              Style.WARNING,
              "warning: "
                  + warning.source().map(span -> span + ": ").orElse("")
                  + warning.message(),
              "");
      case BuildEvent.Finished finished -> {
        running.clear();
        settle(Style.PLAIN, Summary.of(finished, executed, cached), "");
      }
      case BuildEvent.Failed _ -> running.clear();
    }
  }

  private void settle(Style style, String text, String right) {
    settled.add(new Settled(style, TerminalText.plain(text), right));
  }

  /** What is shown at {@code now} in a window of that size; settled lines are given out once. */
  Frame frame(Instant now, int rows, int columns) {
    int cells = Math.max(1, columns - 1);
    List<Line> done = new ArrayList<>();
    for (Settled line : settled) {
      String text =
          line.text().startsWith(STEP) ? wide(line.text(), line.right(), cells) : line.text();
      done.add(new Line(line.style(), text));
    }
    settled.clear();
    return new Frame(done, running.isEmpty() ? List.of() : live(now, Math.max(1, rows - 1), cells));
  }

  private List<Line> live(Instant now, int most, int cells) {
    // Of too many steps those that run longest are shown; output gets what room is left.
    List<Row> shown = running.values().stream().limit(Math.max(0, most - 1)).toList();
    int room = most - 1 - shown.size();
    List<Line> lines = new ArrayList<>();
    int left = shown.size();
    for (Row row : shown) {
      String took = Figures.time(Duration.between(row.started, now));
      String text = TerminalText.plain(" => " + row.step.name());
      lines.add(new Line(Style.RUNNING, wide(text, took, cells)));
      int share = room / left--;
      for (String below : below(row, now, share)) {
        lines.add(new Line(Style.OUTPUT, TerminalText.cut(" => => " + below, cells)));
        room--;
      }
    }
    lines.add(new Line(Style.PLAIN, TerminalText.cut(whole(now), cells)));
    return lines;
  }

  private static List<String> below(Row row, Instant now, int most) {
    List<String> lines = new ArrayList<>();
    row.moving.forEach((what, moving) ->
        lines.add(
            TerminalText.plain(
                Figures.progress(
                    what,
                    moving.current(),
                    moving.total(),
                    Duration.between(moving.began(), now)))));
    row.last.forEach(line -> lines.add("# " + line));
    for (Lines stream : List.of(row.stdout, row.stderr)) {
      String open = TerminalText.plain(stream.open());
      if (!open.isBlank()) {
        lines.add("# " + open);
      }
    }
    if (lines.isEmpty() && !row.reason.isEmpty()) {
      lines.add("(" + TerminalText.plain(row.reason) + ")");
    }
    int room = Math.clamp(most, 0, OUTPUT_LINES);
    return lines.subList(Math.max(0, lines.size() - room), lines.size());
  }

  private String whole(Instant now) {
    int over = cached + executed;
    return "[+] "
        + work
        + " "
        + Figures.time(Duration.between(begun, now))
        + " ("
        + over
        + (planned.isPresent() ? "/" + Math.max(over + running.size(), planned.getAsInt()) : "")
        + "), "
        + running.size()
        + " running";
  }

  /** Text on the left, the time on the right, a blank between them. */
  private static String wide(String text, String right, int cells) {
    if (right.isEmpty() || cells < right.length() + 10) {
      return TerminalText.cut(text, cells);
    }
    String left = TerminalText.cut(text, cells - right.length() - 1);
    return left + " ".repeat(cells - right.length() - TerminalText.width(left)) + right;
  }
}
