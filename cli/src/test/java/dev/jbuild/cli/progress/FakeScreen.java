package dev.jbuild.cli.progress;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A terminal that understands what is sent to one here, wraps and scrolls; refuses the rest. */
final class FakeScreen {
  private static final Pattern SEQUENCE = Pattern.compile("\u001b\\[(\\?25)?(\\d*)([A-Za-z])");

  private final int rows;
  private final int columns;
  private final List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
  private int row;
  private int column;
  boolean cursor = true;
  boolean coloured;

  FakeScreen(int rows, int columns) {
    this.rows = rows;
    this.columns = columns;
  }

  void write(String text) {
    Matcher sequence = SEQUENCE.matcher(text);
    for (int at = 0; at < text.length(); ) {
      char c = text.charAt(at);
      if (c == '\u001b') {
        if (!sequence.find(at) || sequence.start() != at) {
          throw new AssertionError("unknown sequence at " + text.substring(at));
        }
        control(sequence);
        at = sequence.end();
        continue;
      }
      at++;
      switch (c) {
        case '\r' -> column = 0;
        case '\n' -> down();
        default -> put(c);
      }
    }
  }

  private void control(Matcher sequence) {
    int number = sequence.group(2).isEmpty() ? 0 : Integer.parseInt(sequence.group(2));
    switch (sequence.group(3).charAt(0)) {
      case 'A' -> row = Math.max(Math.max(0, lines.size() - rows), row - number);
      case 'K' -> line(row).setLength(Math.min(line(row).length(), column));
      case 'J' -> {
        line(row).setLength(Math.min(line(row).length(), column));
        while (lines.size() > row + 1) {
          lines.removeLast();
        }
      }
      case 'l' -> cursor = false;
      case 'h' -> cursor = true;
      case 'm' -> coloured = true;
      default -> throw new AssertionError(sequence.group());
    }
  }

  private void put(char c) {
    if (column == columns) {
      column = 0;
      down();
    }
    StringBuilder line = line(row);
    while (line.length() <= column) {
      line.append(' ');
    }
    line.setCharAt(column++, c);
  }

  private void down() {
    row++;
    column = 0;
    line(row);
  }

  private StringBuilder line(int number) {
    while (lines.size() <= number) {
      lines.add(new StringBuilder());
    }
    return lines.get(number);
  }

  /** All lines there ever were, those that scrolled away too. */
  String text() {
    return lines.stream()
        .map(line -> line.toString().stripTrailing())
        .collect(Collectors.joining("\n"))
        .stripTrailing();
  }
}
