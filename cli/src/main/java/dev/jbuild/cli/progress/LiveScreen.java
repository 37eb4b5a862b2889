package dev.jbuild.cli.progress;

import dev.jbuild.cli.progress.LiveView.Frame;
import dev.jbuild.cli.progress.LiveView.Line;
import java.util.List;

/**
 * Turns frames into what a terminal is sent (ECMA-48): each frame is one write that goes back over
 * the changing lines of the one before and writes over them, so that nothing flickers and the
 * settled ones stay in the window's history.
 */
final class LiveScreen {
  private static final String ESC = "\u001b[";
  private static final String HIDE_CURSOR = ESC + "?25l";
  private static final String SHOW_CURSOR = ESC + "?25h";
  private static final String CLEAR_LINE = ESC + "K";
  private static final String CLEAR_BELOW = ESC + "J";

  private final boolean colors;
  private List<Line> before = List.of();
  private boolean begun;

  LiveScreen(boolean colors) {
    this.colors = colors;
  }

  /**
   * The bytes for a frame, as text; empty if it changes nothing.
   *
   * @param columns of the window as it is now: narrower than before, old lines take several rows
   */
  String show(Frame frame, int columns) {
    if (begun && frame.settled().isEmpty() && frame.live().equals(before)) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    if (!begun) {
      out.append(HIDE_CURSOR);
      begun = true;
    }
    back(out, columns);
    frame.settled().forEach(line -> line(out, line));
    frame.live().forEach(line -> line(out, line));
    out.append(CLEAR_BELOW);
    before = frame.live();
    return out.toString();
  }

  /** Leaves the settled lines, and the cursor below them as it was before. */
  String end(int columns) {
    if (!begun) {
      return "";
    }
    StringBuilder out = new StringBuilder();
    back(out, columns);
    before = List.of();
    begun = false;
    return out.append(CLEAR_BELOW).append(SHOW_CURSOR).toString();
  }

  private void back(StringBuilder out, int columns) {
    int rows = 0;
    for (Line line : before) {
      int width = Math.max(1, TerminalText.width(line.text()));
      rows += (width + columns - 1) / columns;
    }
    out.append('\r');
    if (rows > 0) {
      out.append(ESC).append(rows).append('A');
    }
  }

  private void line(StringBuilder out, Line line) {
    String color = colors ? color(line) : "";
    out.append(color).append(line.text()).append(color.isEmpty() ? "" : ESC + "0m");
    out.append(CLEAR_LINE).append('\n');
  }

  private static String color(Line line) {
    return switch (line.style()) {
      case PLAIN, RUNNING -> "";
      case DONE -> ESC + "34m";
      case OUTPUT -> ESC + "2m";
      case WARNING -> ESC + "33m";
      case ERROR -> ESC + "31m";
    };
  }
}
