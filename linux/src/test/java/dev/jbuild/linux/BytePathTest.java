package dev.jbuild.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BytePathTest {

  @ParameterizedTest
  @CsvSource({
    "'', .",
    "/, .",
    "a, a",
    "/a/b/, a/b",
    "a//b, a/b",
    "./a/./b/., a/b",
    "..., ...",
    "a/..b/c.., a/..b/c..",
  })
  void normalises(String given, String expected) {
    assertThat(BytePath.of(given)).hasToString(expected);
  }

  @ParameterizedTest
  @CsvSource({"../a, a", "/../../x/../y, y", "a/../.., .", "a/b/../c, a/c"})
  void clampsParentsAtTheRoot(String given, String expected) {
    assertThat(BytePath.clamped(given)).hasToString(expected);
  }

  @Test
  void refusesParentsAndNul() {
    assertThatThrownBy(() -> BytePath.of("a/../b")).hasMessage("path \"a/../b\" contains \"..\"");
    assertThatThrownBy(() -> BytePath.of("a\0b")).hasMessageContaining("NUL");
    assertThatThrownBy(() -> BytePath.ofLatin1("\u0100")).isInstanceOf(RuntimeException.class);
  }

  @Test
  void ordersADirectoryDirectlyBeforeItsContent() {
    List<BytePath> sorted =
        Stream.of("a-b", "a/b", "a", "", "a/b/c", "a/b-c", "a0", "b", "B")
            .map(BytePath::of)
            .sorted()
            .toList();
    assertThat(sorted)
        .extracting(BytePath::toString)
        .containsExactly(".", "B", "a", "a/b", "a/b/c", "a/b-c", "a-b", "a0", "b");
  }

  @Test
  void ordersHighBytesAsUnsigned() {
    BytePath low = BytePath.ofBytes(new byte[] {0x7f});
    BytePath high = BytePath.ofBytes(new byte[] {(byte) 0xff});
    assertThat(low).isLessThan(high);
  }

  @Test
  void keepsEveryByte() {
    byte[] bytes = new byte[254];
    int n = 0;
    for (int b = 1; b < 256; b++) {
      if (b != '/') {
        bytes[n++] = (byte) b;
      }
    }
    assertThat(BytePath.ofBytes(bytes).toBytes()).isEqualTo(bytes);
  }

  @Test
  void printsTextAsTextAndBrokenBytesEscaped() {
    assertThat(BytePath.of("grüße")).hasToString("grüße");
    assertThat(BytePath.ofLatin1("a\u00ff\u00c3\u00bcb\n")).hasToString("a\\xffüb\\x0a");
    assertThat(BytePath.ofLatin1("a\u00ff").text()).isEmpty();
    assertThat(BytePath.of("ü").text()).contains("ü");
  }

  @Test
  void takesPathsApart() {
    BytePath path = BytePath.of("usr/share/doc");
    assertThat(path.name()).hasToString("doc");
    assertThat(path.parent()).hasToString("usr/share");
    assertThat(path.components()).map(BytePath::toString).containsExactly("usr", "share", "doc");
    assertThat(path.depth()).isEqualTo(3);
    assertThat(path.startsWith(BytePath.of("usr/share"))).isTrue();
    assertThat(path.startsWith(BytePath.of("usr/sha"))).isFalse();
    assertThat(path.relativeTo(BytePath.of("usr"))).hasToString("share/doc");
    assertThat(path.relativeTo(path)).isEqualTo(BytePath.ROOT);
    assertThat(BytePath.of("x").parent()).isEqualTo(BytePath.ROOT);
    assertThat(BytePath.ROOT.resolve(path)).isEqualTo(path);
    assertThat(new ArrayList<>(BytePath.ROOT.components())).isEmpty();
  }

  @Test
  void whatIsPrintedTellsAllPathsApart() {
    assertThat(BytePath.ofLatin1("a\u0080b")).hasToString("a\\x80b");
    assertThat(BytePath.ofLatin1("a\\x80b")).hasToString("a\\x5cx80b");
    assertThat(BytePath.ofLatin1("\u00ff\\x80")).hasToString("\\xff\\x5cx80");
    assertThat(BytePath.ofLatin1("a\\b")).hasToString("a\\b");
  }
}
