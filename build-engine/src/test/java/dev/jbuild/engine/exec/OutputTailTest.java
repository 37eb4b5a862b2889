package dev.jbuild.engine.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class OutputTailTest {
  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void shortOutputIsKeptWhole() {
    OutputTail tail = new OutputTail();
    tail.add(utf8("one\ntw"));
    tail.add(utf8("o\n"));
    assertThat(tail.text()).isEqualTo("one\ntwo");
  }

  @Test
  void onlyTheLastTwentyLinesAreKept() {
    OutputTail tail = new OutputTail();
    for (int i = 1; i <= 100; i++) {
      tail.add(utf8("line " + i + "\n"));
    }
    assertThat(tail.text()).startsWith("line 81\n").endsWith("\nline 100");
  }

  @Test
  void cutLineAtTheStartIsDropped() {
    OutputTail tail = new OutputTail();
    tail.add(utf8("x".repeat(10_000) + "\nend\n"));
    assertThat(tail.text()).isEqualTo("end");
  }

  @Test
  void nothingWrittenIsEmpty() {
    assertThat(new OutputTail().text()).isEmpty();
  }
}
