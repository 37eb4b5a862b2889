package dev.jbuild.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TerminalGuardTest {

  record Row(String name, String written, String shown) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Row> rows() {
    return List.of(
        new Row("text", "tab\there, größer, 漢字 🙂\n", "tab\there, größer, 漢字 🙂\n"),
        new Row("colour", "\u001b[1;31mred\u001b[0m\n", "\u001b[1;31mred\u001b[0m\u001b[0m\n"),
        new Row("colourEndsWithItsLine", "\u001b[8mhidden\nx\n", "\u001b[8mhidden\u001b[0m\nx\n"),
        new Row("title", "\u001b]0;owned\u0007a\n", "a\n"),
        new Row("titleEndedByTwo", "\u001b]0;owned\u001b\\a\n", "a\n"),
        new Row("titleWithoutAnEnd", "\u001b]0;owned\nnext\n", "\nnext\n"),
        new Row("clipboard", "\u001b]52;c;ZXZpbA==\u0007a\n", "a\n"),
        new Row("cursor", "a\u001b[2A\u001b[2Kb\n", "ab\n"),
        new Row("clear", "\u001bc\u001b[2J\u001b[3Ja\n", "a\n"),
        new Row("question", "\u001b[6n\u001b[c\u001bP$qm\u001b\\a\n", "a\n"),
        new Row("privateParameters", "\u001b[>4;2ma\u001b[?25la\n", "aa\n"),
        new Row("oneCharacterEscapes", "\u009b2Ka\u009d0;x\u0007b\u0085c\n", "abc\n"),
        new Row("latin", "caf\u00e9 \u00a0\u00bf\n", "caf\u00e9 \u00a0\u00bf\n"),
        new Row("characterSet", "\u001b(0a\u001b%@b\n", "ab\n"),
        new Row("escapeInEscape", "\u001b\u001b[2Ja\u001b[3\u001b[2Kb\n", "ab\n"),
        new Row("carriageReturn", "#1 real\r#2 DONE\n", "#1 real#2 DONE\n"),
        new Row("bellsAndBackspaces", "a\u0007\b\b\u000bb\u007f\n", "ab\n"),
        new Row("longParameters", "\u001b[" + "1;".repeat(64) + "ma\n", "a\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void whatPasses(Row row) {
    assertThat(guarded(row.written.getBytes(StandardCharsets.UTF_8), 1024)).isEqualTo(row.shown);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void whatPassesByteByByte(Row row) {
    assertThat(guarded(row.written.getBytes(StandardCharsets.UTF_8), 1)).isEqualTo(row.shown);
  }

  /** Rows in ISO 8859-1: a byte for each character. */
  static List<Row> bytes() {
    return List.of(
        new Row("controlOfOneByte", "a\u009b2Jb\n", "ab\n"),
        new Row("titleOfOneByte", "a\u009d0;x\u0007b\n", "ab\n"),
        new Row("otherControls", "a\u0084\u0085\u008d\u009cb\n", "ab\n"),
        new Row("afterAWholeCharacter", "\u00c3\u00a9\u009b2Jb\n", "\u00c3\u00a9b\n"),
        new Row("afterHalfACharacter", "\u00e2\n\u009b2Jb\n", "\u00e2\nb\n"),
        new Row("longerThanNeedBe", "\u00e0\u0082\u009b2Jb\n", "\u00e0b\n"),
        new Row("latin1", "caf\u00e9 \u00a0\u00bf\n", "caf\u00e9 \u00a0\u00bf\n"),
        new Row(
            "insideCharacters",
            "\u00e2\u009b\u0094\u00f0\u009f\u0099\u0082\u00c3\u009b\n",
            "\u00e2\u009b\u0094\u00f0\u009f\u0099\u0082\u00c3\u009b\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bytes")
  void whatPassesOfOtherCharacterSets(Row row) {
    assertThat(TerminalGuard.clean(row.written.getBytes(StandardCharsets.ISO_8859_1)))
        .asString(StandardCharsets.ISO_8859_1)
        .isEqualTo(row.shown);
  }

  @Test
  void colourOfALastLineEnds() {
    assertThat(TerminalGuard.clean("a\n\u001b[8mb".getBytes(StandardCharsets.UTF_8)))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("a\n\u001b[8mb\u001b[0m");
  }

  @Test
  void whoDrawsHasTheTerminal() {
    PrintStream terminal = new PrintStream(new ByteArrayOutputStream(), true);
    assertThat(TerminalGuard.unguarded(TerminalGuard.of(terminal))).isSameAs(terminal);
    assertThat(TerminalGuard.unguarded(terminal)).isSameAs(terminal);
  }

  private static String guarded(byte[] bytes, int piece) {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    PrintStream guard = TerminalGuard.of(new PrintStream(shown, true, StandardCharsets.UTF_8));
    for (int at = 0; at < bytes.length; at += piece) {
      guard.write(bytes, at, Math.min(piece, bytes.length - at));
    }
    guard.flush();
    return shown.toString(StandardCharsets.UTF_8);
  }
}
