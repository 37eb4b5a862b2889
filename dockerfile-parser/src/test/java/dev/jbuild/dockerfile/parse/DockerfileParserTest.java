package dev.jbuild.dockerfile.parse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.RunBody;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.ShellForm;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DockerfileParserTest {
  private static Dockerfile parse(String text) {
    return DockerfileParser.parse("Dockerfile", text.getBytes(StandardCharsets.UTF_8)).orThrow();
  }

  private static Instruction first(String text) {
    return parse("FROM scratch\n" + text).stages().getFirst().instructions().getFirst();
  }

  private static SourceSpan span(int startLine, int startColumn, int endLine, int endColumn) {
    return new SourceSpan("Dockerfile", startLine, startColumn, endLine, endColumn);
  }

  @Test
  void wordsKnowTheirPlaceAcrossContinuations() {
    CopyInstruction copy = (CopyInstruction) first("  COPY --chown=1 a \\\n    b\\\nc /d\n");
    assertThat(copy.span()).isEqualTo(span(2, 3, 4, 5));
    assertThat(copy.chown()).isEqualTo(new Word("1", span(2, 16, 2, 17)));
    assertThat(copy.sources())
        .containsExactly(
            new CopySource.Path(new Word("a", span(2, 18, 2, 19))),
            new CopySource.Path(new Word("bc", span(3, 5, 4, 2))));
    assertThat(copy.destination()).isEqualTo(new Word("/d", span(4, 3, 4, 5)));
  }

  @Test
  void columnsCountCodePoints() {
    EnvInstruction env = (EnvInstruction) first("ENV 😀é=\"ü\" a=b\n");
    assertThat(env.pairs().get(0).key().span()).isEqualTo(span(2, 5, 2, 7));
    assertThat(env.pairs().get(0).value().span()).isEqualTo(span(2, 8, 2, 11));
    assertThat(env.pairs().get(1).key().span()).isEqualTo(span(2, 12, 2, 13));
  }

  @Test
  void heredocsKnowWordBodyAndTerminator() {
    RunInstruction run = (RunInstruction) first("RUN cat <<A <<-\"B\"\na\nA\n\tb\n\tB\nCMD x\n");
    ShellForm shell = (ShellForm) run.command();
    assertThat(run.span()).isEqualTo(span(2, 1, 6, 3));
    assertThat(shell.heredocs().get(0).word().span()).isEqualTo(span(2, 9, 2, 12));
    assertThat(shell.heredocs().get(0).body()).isEqualTo(span(3, 1, 3, 2));
    assertThat(shell.heredocs().get(0).terminator()).isEqualTo(span(4, 1, 4, 2));
    assertThat(shell.heredocs().get(1).word().span()).isEqualTo(span(2, 13, 2, 19));
    assertThat(shell.heredocs().get(1).data()).isEqualTo("b\n");
  }

  @Test
  void mountOptionsKnowTheirPlace() {
    RunInstruction run = (RunInstruction) first("RUN --mount=type=bind,'target=/a b' x\n");
    assertThat(run.mounts().getFirst().options().get(1).value())
        .isEqualTo(new Word("/a b", span(2, 31, 2, 35)));
  }

  @Test
  void triggersTakeTheSpanOfFrom() {
    SourceSpan from = span(7, 1, 7, 9);
    RunInstruction run =
        (RunInstruction) DockerfileParser.parseTrigger("RUN cat <<EOF\nhello\nEOF", from);
    assertThat(run.span()).isEqualTo(from);
    assertThat(run.body()).isEqualTo(new RunBody.ShellText("cat <<EOF\nhello\nEOF"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "FROM x",
        "ONBUILD RUN a",
        "MAINTAINER a",
        "NOPE",
        "COPY a",
        "RUN a\nRUN b",
        "#"
      })
  void invalidTriggersAreBlamedOnTheImage(String trigger) {
    assertThatThrownBy(() -> DockerfileParser.parseTrigger(trigger, span(7, 1, 7, 9)))
        .isInstanceOf(DockerfileException.class)
        .hasMessageStartingWith("Dockerfile:7:1: the base image has an invalid ONBUILD trigger");
  }

  @Test
  void filesOver16MebibytesAreRefusedByName() {
    ParseResult result =
        DockerfileParser.parse("big.Dockerfile", new byte[DockerfileParser.MAX_FILE_BYTES + 1]);
    assertThat(result.errors().getFirst())
        .hasToString(
            "big.Dockerfile:1:1: file is 16777217 bytes long, the limit is 16777216 (16 MiB)");
  }

  @Test
  void bytesSurviveDecodingAndEncoding() {
    byte[] bytes = new byte[3 * 256 * 256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i % 3 == 0 ? i / 3 : i % 3 == 1 ? i / 768 : i / 7);
    }
    assertThat(SourceText.encode(SourceText.decode(bytes))).isEqualTo(bytes);
    assertThat(SourceText.encode("a\uDCFFé😀\uDC80"))
        .isEqualTo(new byte[] {'a', -1, -61, -87, -16, -97, -104, -128, -128});
  }

  @Test
  void sizeIsLinear() {
    String line = "RUN --mount=type=cache,target=/x a \\\n  && b # \"c\" $d\n";
    String many = "FROM scratch\n" + line.repeat(100_000);
    Assertions.assertTimeoutPreemptively(
        Duration.ofMinutes(3),
        () -> assertThat(parse(many).stages().getFirst().instructions()).hasSize(100_000));
  }

  /** Inputs that a parser with recursion, backtracking or copying per line would choke on. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "[",
        "[[",
        "{\"a\":",
        "\"",
        "'",
        "\\",
        "$",
        "${a:-",
        "${a/",
        "<<E ",
        "--",
        "--a=\"",
        "a=",
        "a=\"",
        "\\\n",
        "#\n",
        "\n",
        "ONBUILD ",
        "FROM ",
        "a\n",
        "\0",
        "=",
        "a\\\n\n",
        "\t",
        "`"
      })
  void monotonousInputEndsSoon(String piece) {
    List<String> heads =
        List.of(
            "",
            "FROM a\nRUN ",
            "FROM a\nCOPY ",
            "FROM a\nENV ",
            "FROM a\nONBUILD ",
            "FROM a\nRUN --mount=",
            "FROM a\nCMD [",
            "FROM a\nRUN \\\n");
    for (String head : heads) {
      String text = head + piece.repeat(60_000 / piece.length());
      Assertions.assertTimeoutPreemptively(
          Duration.ofMinutes(2),
          () -> DockerfileParser.parse("Dockerfile", text.getBytes(StandardCharsets.UTF_8)),
          head);
    }
  }
}
