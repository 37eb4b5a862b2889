package dev.jbuild.dockerfile.ignore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.dockerfile.ignore.IgnoreMatcher.PatternException;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IgnoreMatcherTest {
  /** Patterns are separated by a blank; a leading minus means that the path stays. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '@',
      value = {
        "a                 ~ a a/b a/b/c -b/a -ab",
        "/a                ~ a a/b -b/a",
        "a/                ~ a a/b",
        "./a/../b          ~ b -a",
        "a/b               ~ a/b a/b/c -a -b",
        "*                 ~ a a/b .x",
        "*.log             ~ x.log x.log/y -a/x.log",
        "*/x               ~ a/x a/x/y -x -a/b/x",
        "**                ~ a a/b .x",
        "**/x              ~ x a/x a/b/x a/x/y -ax -xa",
        "**/*.log          ~ x.log a/x.log a/b/x.log -x.logs",
        "**x               ~ x ax a/bx a/x -xa",
        "**x*              ~ x xa a/xb -ax",
        "a/**              ~ a/b a/b/c -a -ab",
        "a/**/c            ~ a/c a/b/c a/b/b/c -a -a/b -ac",
        "a/**/*            ~ a/b a/b/c -a",
        "a**               ~ a ab a/b -ba",
        "a*/**             ~ a/b ab/c -a -ab",
        "?                 ~ a é 😀 -ab -/",
        "a?c               ~ abc -ac -a/c -abbc",
        "[a-c]x            ~ ax bx cx -dx",
        "[^a-c]x           ~ dx -ax",
        "[a^]x             ~ ax ^x -bx",
        "a[b\\]]           ~ ab a] -a",
        "a\\*              ~ a* -ab",
        "a.c               ~ a.c -abc",
        "a+(b)             ~ a+(b) -aab",
        "* !a              ~ b -a -a/b",
        "* !a/b            ~ a a/c -a/b -a/b/c",
        "a !a/b a/b/c      ~ a a/x a/b/c -a/b -a/b/d",
        "!a a              ~ a",
        "a !a              ~ -a -a/b",
        "**/*.md !README.md ~ x.md a/README.md -README.md",
        "docs !docs/**/keep ~ docs/a docs/a/b -docs/keep -docs/a/b/keep",
        "a/b !a            ~ a/b a/b/c -a -a/c",
        "a !a a/b          ~ a/b -a -a/c",
        "a/b !a/b/c a/b/c/d ~ a/b a/b/x a/b/c/d -a/b/c -a/b/c/e",
        "../a              ~ -a -b",
        ".                 ~ -a",
        "/                 ~ -a",
        "a//b              ~ a/b",
      })
  void pathsAreLeftOutAsBuildKitDoes(String patterns, String paths) {
    IgnoreMatcher matcher = IgnoreMatcher.parse(patterns.strip().replace(' ', '\n'));
    for (String path : paths.strip().split(" ", -1)) {
      boolean stays = path.startsWith("-");
      String plain = stays ? path.substring(1) : path;
      assertThat(matcher.excluded(plain)).as("%s: %s", patterns, plain).isEqualTo(!stays);
    }
  }

  @Test
  void commentsBlanksAndByteOrderMarkAreNoPatterns() {
    IgnoreMatcher matcher = IgnoreMatcher.parse("\uFEFF# a\r\n\r\n  b \r\n #c\n!  b/d\n");
    assertThat(matcher.excluded("a")).isFalse();
    assertThat(matcher.excluded("b")).isTrue();
    assertThat(matcher.excluded("b/d")).isFalse();
    assertThat(matcher.excluded("#c")).isTrue();
    assertThat(matcher.hasNegations()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "a, a, PRUNED",
    "a, b, INCLUDED",
    "a !a/b, a, EXCLUDED",
    "a !a/b, a/c, PRUNED",
    "!a/b a, a, PRUNED",
    "a !b, a, PRUNED",
    "a !**/x, a, EXCLUDED",
    "a !**/x, a/b/c, EXCLUDED",
    "a !a*/x, a, EXCLUDED",
    "a !a*/x, a/y, PRUNED",
    "* !a/b/*.c, a, EXCLUDED",
    "* !a/b/*.c, a/b, EXCLUDED",
    "* !a/b/*.c, a/c, PRUNED",
    "* !a/b/*.c, b, PRUNED",
    "node_modules !node_modules/keep/**, node_modules, EXCLUDED",
    "node_modules !node_modules/keep/**, node_modules/x, PRUNED",
  })
  void directoriesArePrunedWhenNothingBelowCanComeBack(
      String patterns, String path, Verdict verdict) {
    assertThat(IgnoreMatcher.parse(patterns.replace(' ', '\n')).verdict(path)).isEqualTo(verdict);
  }

  @Test
  void namesThatAreNotUtf8Match() {
    IgnoreMatcher matcher = IgnoreMatcher.parse("caf?\n");
    assertThat(matcher.excluded("caf\uDCE9")).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "x/[a ~ malformed pattern \"x/[a\": \"[\" is not closed",
        "[]a] ~ malformed pattern \"[]a]\": \"]\" in brackets is not escaped",
        "[z-a] ~ malformed pattern \"[z-a]\": the range z-a runs backwards",
        "a\\  ~ malformed pattern \"a\\\": it ends in a backslash",
        "!    ~ pattern \"!\" takes back nothing",
      })
  void malformedPatternsAreNamedWithTheirLine(String pattern, String message) {
    assertThatThrownBy(() -> IgnoreMatcher.parse("ok\n" + pattern))
        .isInstanceOfSatisfying(
            PatternException.class,
            e -> {
              assertThat(e).hasMessage(message);
              assertThat(e.line()).isEqualTo(2);
            });
  }

  @Test
  void manyStarsDoNotBacktrack() {
    IgnoreMatcher matcher = IgnoreMatcher.parse("**/a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b");
    String path = "a".repeat(20_000);
    Assertions.assertTimeoutPreemptively(
        Duration.ofMinutes(1), () -> assertThat(matcher.excluded(path)).isFalse());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "a*/b  ~ ab/b   ~ true",
        "a*    ~ a/b    ~ false",
        "**    ~ a/b    ~ false",
        "*     ~ .a     ~ true",
        "[a-]  ~ a      ~ malformed",
        "\\*   ~ *      ~ true",
        "a[^b] ~ ac     ~ true",
      })
  void globsFollowFilepathMatch(String pattern, String name, String outcome) {
    if (outcome.equals("malformed")) {
      assertThatThrownBy(() -> Glob.of(pattern)).isInstanceOf(IllegalArgumentException.class);
    } else {
      assertThat(Glob.of(pattern).matches(name)).isEqualTo(Boolean.parseBoolean(outcome));
    }
  }

  @Test
  void escapedWildcardsAreNone() {
    assertThat(Glob.isWildcard("a\\*b")).isFalse();
    assertThat(Glob.isWildcard("a*b")).isTrue();
    assertThat(Glob.isWildcard("a[b")).isTrue();
  }
}
