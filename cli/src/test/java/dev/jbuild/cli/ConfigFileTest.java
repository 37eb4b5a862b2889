package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class ConfigFileTest {
  @TempDir Path folder;

  private List<String> flags(Verb verb, String text) throws Exception {
    Path file = Files.writeString(folder.resolve("settings"), text);
    Map<String, OptionSpec> known = new CommandLine(verb.command()).getCommandSpec().optionsMap();
    return ConfigFile.read(file).flags(verb, known);
  }

  @Test
  void linesAreFlagsOfTheVerbsThatHaveThem() throws Exception {
    String text =
        """
        # everywhere
        root = /srv/jbuild
        --debug = true

        [build]
        build-arg = A=1 2
        build-arg=B=
        no-cache = false
        debug = false
        [images]
        """;
    assertThat(flags(Verb.BUILD, text))
        .containsExactly(
            "--root=/srv/jbuild",
            "--debug",
            "--build-arg=A=1 2",
            "--build-arg=B=",
            "--no-cache=false");
    assertThat(flags(Verb.DU, text)).containsExactly("--root=/srv/jbuild", "--debug");
  }

  @Test
  void whatIsForOtherVerbsIsLeftAway() throws Exception {
    assertThat(flags(Verb.DU, "progress = plain\n")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "progres = plain|settings:1:1: no verb has a flag \"progres\"",
        "[build];keep-storag = 1|settings:2:1: build has no flag \"keep-storag\"",
        "[biuld]|settings:1:1: \"biuld\" is no verb",
        "[build|settings:1:1: \"[build\" is no verb",
        "root|settings:1:1: \"root\" is not FLAG = VALUE",
        "config = x|settings:1:1: a file of settings names no other",
        "debug = perhaps|settings:1:1: debug is true or false, not \"perhaps\""
      })
  void mistakeIsToldAtItsLine(String text, String message) {
    assertThatThrownBy(() -> flags(Verb.BUILD, text.replace(';', '\n')))
        .isInstanceOf(UsageError.class)
        .hasMessageContaining(message);
  }
}
