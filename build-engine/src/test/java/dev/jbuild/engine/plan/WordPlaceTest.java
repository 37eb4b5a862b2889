package dev.jbuild.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordPlaceTest {

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "COPY file /x                   | file   | 6-10",
        "COPY files file /x             | file   | 12-16",
        "COPY --from=file file /x       | file   | 18-22",
        "COPY --chown=ann:staff a /x    | ann    | 14-17",
        "COPY --chown=ann:staff a /x    | staff  | 18-23",
        "COPY [\"a b\", \"/x\"]          | a b    | 8-11",
        "COPY \uD83D\uDE00 file /x      | file   | 8-12",
        "COPY $file /x                  | file   | 1-14",
        "COPY file                      | absent | 1-10",
      },
      delimiter = '|')
  void findsTheWordAsAnArgumentFirst(String line, String word, String columns) {
    int end = line.codePointCount(0, line.length()) + 1;
    SourceSpan found =
        WordPlace.of(SourceText.of(line), new SourceSpan("Dockerfile", 1, 1, 1, end), word);
    assertThat(found.startColumn() + "-" + found.endColumn()).isEqualTo(columns);
  }

  @ParameterizedTest
  @CsvSource({"one, 1:6", "two, 2:3", "three, 1:1"})
  void looksThroughTheLinesOfTheInstructionAlone(String word, String place) {
    SourceText source = SourceText.of("COPY one \\\n  two /x\nCOPY three /x\n");
    SourceSpan found = WordPlace.of(source, new SourceSpan("f", 1, 1, 2, 9), word);
    assertThat(found).hasToString("f:" + place);
  }
}
