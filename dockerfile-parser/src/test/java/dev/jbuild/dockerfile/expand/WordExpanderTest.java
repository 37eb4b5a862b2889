package dev.jbuild.dockerfile.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Word;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordExpanderTest {
  private static final Variables VARIABLES =
      Variables.of(
          Map.of(
              "HOME", "/root",
              "e", "",
              "v", "a.b.c",
              "path", "/usr/local/bin",
              "star", "a*c",
              "spaces", "x y  z",
              "lines", "one\ntwo",
              "größe", "XL",
              "_u1", "under"));

  private static Word word(String text) {
    return new Word(text, new SourceSpan("Dockerfile", 3, 5, 3, 5 + text.length()));
  }

  private static String expand(char escape, String text) {
    return new WordExpander(escape).expand(word(text), VARIABLES).text();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      nullValues = "-",
      value = {
        "plain            ~ plain",
        "$HOME/x          ~ /root/x",
        "${HOME}x         ~ /rootx",
        "$HOMEx           ~ ^^",
        "$größe           ~ XL",
        "$_u1-            ~ under-",
        "a$               ~ a$",
        "$ b              ~ $ b",
        "$.x              ~ $.x",
        "$$               ~ ^^",
        "$1$12x$@         ~ x",
        "\\$HOME          ~ $HOME",
        "\\\\$HOME        ~ \\/root",
        "a\\bc            ~ abc",
        "end\\            ~ end",
        "'$HOME'          ~ $HOME",
        "'a\\'b           ~ a\\b",
        "\"$HOME\"        ~ /root",
        "\"a\\\"b\"       ~ a\"b",
        "\"a\\nb\"        ~ a\\nb",
        "\"a\\$HOME\"     ~ a$HOME",
        "\"it's\"         ~ it's",
        "a\"b\"'c'        ~ abc",
        "\"\"             ~ ^^",
        // unset, empty, set
        "${x:-w}          ~ w",
        "${e:-w}          ~ w",
        "${HOME:-w}       ~ /root",
        "${x-w}           ~ w",
        "${e-w}           ~ ^^",
        "${x:+w}          ~ ^^",
        "${e:+w}          ~ ^^",
        "${HOME:+w}       ~ w",
        "${x+w}           ~ ^^",
        "${e+w}           ~ w",
        "${HOME:?no}      ~ /root",
        "${e?no}          ~ ^^",
        "${x:-}           ~ ^^",
        "${x:-a b}        ~ a b",
        "${x:-$HOME/y}    ~ /root/y",
        "${x:-${y:-${HOME}}} ~ /root",
        "${x:-'$HOME'}    ~ $HOME",
        "${x:-\"}\"}      ~ }",
        "${x:-\\}}        ~ }",
        "${x:-a}b}        ~ ab}",
        "${x:-{}          ~ {",
        "${HOME:+${x:-in}}  ~ in",
        // patterns
        "${v#a.}          ~ b.c",
        "${v#*.}          ~ b.c",
        "${v##*.}         ~ c",
        "${v%.*}          ~ a.b",
        "${v%%.*}         ~ a",
        "${v#x}           ~ a.b.c",
        "${v#?}           ~ .b.c",
        "${v##*}          ~ ^^",
        "${v#*}           ~ a.b.c",
        "${v%%*}          ~ ^^",
        "${v%c}           ~ a.b.",
        "${v#[a]}         ~ a.b.c",
        "${path##*/}      ~ bin",
        "${path%/*}       ~ /usr/local",
        "${star#a\\*}     ~ c",
        "${star%\\*c}     ~ a",
        "${v/./-}         ~ a-b.c",
        "${v//./-}        ~ a-b-c",
        "${v//?/x}        ~ xxxxx",
        "${v/*/x}         ~ x",
        "${v/b*/x}        ~ a.x",
        "${v/.*./-}       ~ a-c",
        "${v/z/x}         ~ a.b.c",
        "${v/./}          ~ ab.c",
        "${path//\\//:}   ~ :usr:local:bin",
        "${v//b/$HOME}    ~ a./root.c",
        "${v//b/\\}}      ~ a.\\}.c",
        "${v///-}         ~ -a-.-b-.-c-",
        "${lines/*/x}     ~ ^x\ntwo^",
        "${lines##*}      ~ ^\ntwo^",
        "${lines%%*}      ~ ^one\n^",
        "${x#y}           ~ ^^",
        "${e//a/b}        ~ ^^",
        "${?}${@:-w}      ~ w",
      })
  void expandsAsTheReferenceDoes(String text, String expected) {
    assertThat(expand('\\', text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "`$HOME      ~ $HOME",
        "c:\\$HOME   ~ c:\\/root",
        "``          ~ `",
        "\"`\"\"     ~ \"",
        "a\\         ~ a\\",
        "${x:-`}}    ~ }",
      })
  void backtickCanBeTheEscapeCharacter(String text, String expected) {
    assertThat(expand('`', text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "${x:?set it}    ~ 0  ~ variable \"x\" is not set: set it",
        "ab${x?}         ~ 2  ~ variable \"x\" is not set",
        "${e:?}          ~ 0  ~ variable \"e\" is empty",
        "${HOME:-${x:?}} ~ 8  ~ variable \"x\" is not set",
        "${}             ~ 0  ~ bad substitution \"${}\"",
        "${:-x}          ~ 0  ~ bad substitution \"${:\"",
        "${{x}           ~ 0  ~ bad substitution \"${{\"",
        "${.}            ~ 0  ~ bad substitution \"${.\"",
        "${HOME          ~ 0  ~ missing \"}\" for \"${\"",
        "a${             ~ 1  ~ missing \"}\" for \"${\"",
        "${HOME:-a       ~ 0  ~ missing \"}\" for \"${\"",
        "${v/a           ~ 0  ~ missing \"/\" after the pattern of \"${v/\"",
        "${v/a/b         ~ 0  ~ missing \"}\" for \"${\"",
        "${v:#a}         ~ 0  ~ unsupported modifier \":#\" in substitution of \"v\"",
        "${v=a}          ~ 0  ~ unsupported modifier \"=\" in substitution of \"v\"",
        "${v^}           ~ 0  ~ unsupported modifier \"^\" in substitution of \"v\"",
        "${v#\\a}        ~ 0  ~ invalid pattern \"\\a\" in substitution: \"\\a\" is not an escape",
        "x'y             ~ 1  ~ unmatched single quote",
        "x\"y            ~ 1  ~ unmatched double quote",
        "${HOME:-'}      ~ 8  ~ unmatched single quote",
      })
  void failsAtThePlaceOfTheFault(String text, int offset, String message) {
    assertThatThrownBy(() -> expand('\\', text))
        .isInstanceOfSatisfying(
            DockerfileException.class,
            e ->
                assertThat(e.getMessage())
                    .isEqualTo("Dockerfile:3:" + (5 + offset) + ": " + message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        "a b               ~ a|b",
        "$spaces           ~ x|y|z",
        "\"$spaces\"       ~ x y  z",
        "${spaces}${e}1    ~ x|y|z1",
        "1$spaces          ~ 1x|y|z",
        "a\\ b             ~ a b",
        "'a b'c d          ~ a bc|d",
        "${x:-1 2}         ~ 1|2",
        "${x:-'1 2'}       ~ 1|2",
        "\"\" a            ~ a",
        "$x                ~ ^^",
      })
  void wordsAreSplitAtBlanksThatAreNotQuoted(String text, String expected) {
    List<String> words = new WordExpander('\\').expand(word(text), VARIABLES).words();
    assertThat(String.join("|", words)).isEqualTo(expected);
  }

  @Test
  void namesThatWereUsedAndMissedAreReported() {
    Expansion expansion =
        new WordExpander('\\').expand(word("$HOME${no:-$other}'$quoted'"), VARIABLES);
    assertThat(expansion.used()).containsExactly("HOME");
    assertThat(expansion.undefined()).containsExactlyInAnyOrder("no", "other");
  }

  @Test
  void strayBytesBecomeReplacementCharacters() {
    assertThat(expand('\\', "a\uDCFFb$HOME")).isEqualTo("a\uFFFDb/root");
  }

  @Test
  void quotesInHeredocBodiesStay() {
    SourceSpan span = new SourceSpan("Dockerfile", 5, 1, 6, 2);
    Heredoc heredoc =
        new Heredoc(
            "EOF", word("<<EOF"), 0, true, false, "'$HOME' \"${x:-\"d\"}\" \\$a \\n\n", span, span);
    assertThat(WordExpander.expand(heredoc, VARIABLES).text())
        .isEqualTo("'/root' \"\"d\"\" $a n\n");
  }

  @Test
  void faultsInHeredocBodiesAreAtTheirLine() {
    SourceSpan span = new SourceSpan("Dockerfile", 5, 1, 6, 2);
    Heredoc heredoc = new Heredoc("EOF", word("<<EOF"), 0, true, false, "a\n${}\n", span, span);
    assertThatThrownBy(() -> WordExpander.expand(heredoc, VARIABLES))
        .hasMessage("Dockerfile:6:1: bad substitution \"${}\" in heredoc \"EOF\"");
  }

  @Test
  void deepNestingNeitherOverflowsNorTakesLong() {
    int depth = 200_000;
    String text = "${x:-".repeat(depth) + "end" + "}".repeat(depth);
    assertThat(expand('\\', text)).isEqualTo("end");
    assertThat(expand('\\', "${x:-\"".repeat(depth) + "end" + "\"}".repeat(depth)))
        .isEqualTo("end");
    assertThatThrownBy(() -> expand('\\', "${x:-".repeat(depth)))
        .hasMessageContaining("missing \"}\"");
  }
}
