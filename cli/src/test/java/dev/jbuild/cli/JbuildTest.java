package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JbuildTest {
  @TempDir Path directory;
  private final TestConsole console = new TestConsole();

  @Test
  void theVersionIsThatOfThePom() {
    assertThat(console.run("--version")).isEqualTo(0);
    assertThat(console.out()).isEqualTo("jbuild " + System.getProperty("jbuild.version") + "\n");
    assertThat(console.err()).isEmpty();
  }

  @Test
  void theHelpNamesEveryVerb() {
    assertThat(console.run("--help")).isEqualTo(0);
    for (Verb verb : Verb.values()) {
      assertThat(console.out()).contains("\n  " + verb.word() + " ").contains(verb.summary);
    }
  }

  @Test
  void nothingAtAllIsWrongUsage() {
    assertThat(console.run()).isEqualTo(2);
    assertThat(console.out()).contains("usage: jbuild");
  }

  @ParameterizedTest
  @EnumSource(Verb.class)
  void everyVerbHasHelpOrSaysThatItIsMissing(Verb verb) {
    int code = console.run(verb.word(), "--help");

    assertThat(code).isEqualTo(0);
    assertThat(console.out()).contains("jbuild " + verb.word()).contains(verb.summary);
  }

  @Test
  void aBuildWithoutRunNeedsNoPrivilegeAndNoVerb() throws Exception {
    Path context = Files.createDirectory(directory.resolve("context"));
    Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPY file /copied\n");
    Files.writeString(context.resolve("file"), "content");
    Path output = directory.resolve("out");

    int code =
        console.run(
            "--root",
            directory.resolve("store").toString(),
            context.toString(),
            "-o",
            output.toString());

    assertThat(console.err()).contains("COPY file /copied").contains("(Dockerfile:2)");
    assertThat(code).isEqualTo(0);
    assertThat(output.resolve("copied")).hasContent("content");
  }

  @Test
  void allErrorsOfADockerfileAreShownAndOneLineBeginsWithError() throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCPOY a b\nRNU true\n");
    console.env.put("JBUILD_ROOT", directory.resolve("store").toString());

    assertThat(console.run("build", directory.toString())).isEqualTo(1);
    assertThat(console.err().lines().filter(line -> line.startsWith("error: ")))
        .singleElement()
        .asString()
        .startsWith("error: Dockerfile:2:1: ");
    assertThat(console.err()).contains("\nDockerfile:3:1: ").contains("  > 3 | RNU true");
  }

  @Test
  void helpAndVersionMayBeVerbs() {
    assertThat(console.run("version")).isEqualTo(0);
    assertThat(console.out()).isEqualTo("jbuild " + System.getProperty("jbuild.version") + "\n");
    TestConsole second = new TestConsole();
    assertThat(second.run("help", "save")).isEqualTo(0);
    assertThat(second.out()).contains("jbuild save").contains("--format");
  }

  @Test
  void noAttestationsMayBeAskedForInSoManyWords() throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
    console.env.put("JBUILD_ROOT", directory.resolve("store").toString());

    assertThat(console.run("build", "--provenance=false", "--sbom=false", directory.toString()))
        .isEqualTo(0);
  }

  @Test
  void aResultThatDoesNotGetOutIsAFailure() {
    StandardOutput full =
        StandardOutput.on(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("No space left on device");
              }
            });
    Console console =
        new Console(
            full,
            this.console.console().err(),
            InputStream.nullInputStream(),
            Map.of(),
            _ -> false);

    assertThat(new Jbuild(console).run("--version")).isEqualTo(1);
    assertThat(this.console.err())
        .isEqualTo("error: standard output cannot be written: No space left on device\n");
  }

  @Test
  void whoReadsNoMoreIsNoFailureOfACommandButIsOneOfAnArchive() throws Exception {
    StandardOutput closed =
        StandardOutput.on(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
              }
            });
    Console console =
        new Console(
            closed,
            this.console.console().err(),
            InputStream.nullInputStream(),
            Map.of(),
            _ -> false);

    assertThat(new Jbuild(console).run("--version")).isEqualTo(0);
    assertThat(this.console.err()).isEmpty();
    assertThatThrownBy(() -> console.archive().write(new byte[10]))
        .hasMessage("standard output cannot be written: Broken pipe");
  }

  @Test
  void bashCompletesVerbsFlagsAndTheirValues() throws Exception {
    assertThat(console.run("completion", "bash")).isEqualTo(0);
    String script =
        console.out()
            + """
            try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _jbuild; echo "${COMPREPLY[*]}"; }
            try jbuild fs
            try jbuild build --no-c
            try jbuild build --progress q
            try jbuild build --progress = t
            try jbuild executor --log-
            """;
    Process bash = new ProcessBuilder("bash", "-c", script).directory(directory.toFile()).start();

    assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
        .containsExactly("fsck", "--no-cache --no-cache-filter", "quiet", "tty", "--log-format");
    assertThat(bash.waitFor()).isZero();
  }

  @Test
  void parsePrintsTheTreeOfStandardInput() {
    console.input("FROM scratch\n");

    assertThat(console.run("parse", "-")).isEqualTo(0);
    assertThat(console.out()).contains("\"FROM\"");
  }
}
