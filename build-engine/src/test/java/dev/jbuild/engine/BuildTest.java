package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.oci.History;
import dev.jbuild.oci.RuntimeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole builds that run nothing, so they need no privilege: what is in the image. */
final class BuildTest {
  @TempDir Path folder;

  private Bench bench;

  @BeforeEach
  void open() throws IOException {
    bench = new Bench(folder);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void copyOntoScratchGivesOneLayerThatIsNeverUnpacked() throws IOException {
    bench.write("a.txt", "A");
    bench.build("FROM scratch\nCOPY a.txt /x/\nCMD [\"/a\"]\n");
    assertThat(bench.file("x/a.txt")).isEqualTo("A");
    assertThat(bench.image().config().diffIds()).hasSize(1);
  }

  @Test
  void ignoredFilesAreNotCopiedAndDoNotMatter() throws IOException {
    bench.write(".dockerignore", "*.log\n!keep.log\n");
    bench.write("a", "A");
    bench.write("x.log", "1");
    bench.write("keep.log", "K");
    bench.build("FROM scratch\nCOPY . /\n");
    assertThat(bench.file("x.log")).isNull();
    assertThat(bench.file("keep.log")).isEqualTo("K");
    bench.write("x.log", "2");
    bench.build("FROM scratch\nCOPY . /\n");
    assertThat(bench.ran()).isEmpty();
  }

  @Test
  void configIsWhatTheDockerfileSays() {
    bench.build(
        """
        FROM scratch
        ARG V=1.2
        ENV A=1 B="x y"
        LABEL version=$V
        EXPOSE 90-91/UDP 80
        VOLUME /data
        USER 5:6
        WORKDIR /w
        WORKDIR sub
        SHELL ["/bin/x", "-c"]
        CMD run it
        ENTRYPOINT ["/e"]
        STOPSIGNAL SIGINT
        HEALTHCHECK --interval=5s CMD ["check"]
        MAINTAINER someone
        ONBUILD RUN echo
        """);
    RuntimeConfig config = bench.image().config().config();
    assertThat(config.env())
        .containsExactly(
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=1", "B=x y");
    assertThat(config.labels()).containsEntry("version", "1.2");
    assertThat(config.exposedPorts()).containsExactly("80/tcp", "90/udp", "91/udp");
    assertThat(config.volumes()).containsExactly("/data");
    assertThat(config.user()).isEqualTo("5:6");
    assertThat(config.workingDir()).isEqualTo("/w/sub");
    assertThat(config.cmd()).containsExactly("/bin/x", "-c", "run it");
    assertThat(config.argsEscaped()).isTrue();
    assertThat(config.entrypoint()).containsExactly("/e");
    assertThat(config.stopSignal()).isEqualTo("SIGINT");
    assertThat(config.onBuild()).containsExactly("RUN echo");
    assertThat(bench.image().config().author()).isEqualTo("someone");
    assertThat(bench.entry("w/sub").attributes().uid()).isEqualTo(5);
    assertThat(bench.entry("w/sub").attributes().gid()).isEqualTo(6);
    assertThat(bench.image().config().history().stream().map(History::createdBy))
        .contains(
            "ARG V=1.2",
            "ENV A=1 B=x y",
            "EXPOSE [80/tcp 90/udp 91/udp]",
            "WORKDIR /w/sub",
            "CMD [\"/bin/x\" \"-c\" \"run it\"]");
  }

  @Test
  void entrypointClearsInheritedCmdButNotOwn() {
    bench.build("FROM scratch AS a\nCMD [\"a\"]\nFROM a\nENTRYPOINT [\"e\"]\n");
    assertThat(bench.image().config().config().cmd()).isEmpty();
    bench.build("FROM scratch\nCMD [\"a\"]\nENTRYPOINT [\"e\"]\n");
    assertThat(bench.image().config().config().cmd()).containsExactly("a");
  }

  @Test
  void onbuildOfAnEarlierStageRunsInTheChildAndIsGoneThere() throws IOException {
    bench.write("f", "F");
    bench.build("FROM scratch AS base\nONBUILD COPY f /from-parent\nFROM base\nENV X=1\n");
    assertThat(bench.file("from-parent")).isEqualTo("F");
    assertThat(bench.image().config().config().onBuild()).isEmpty();
  }

  @Test
  void stagesThatTheTargetDoesNotNeedAreNotEvenResolved() throws IOException {
    bench.write("f", "F");
    bench.build(
        """
        FROM nowhere.invalid/none AS unused
        RUN false
        FROM scratch AS wanted
        COPY f /f
        FROM unused
        """,
        request -> request.target("wanted"));
    assertThat(bench.ran()).containsExactly("COPY f /f");
  }

  @Test
  void copyFromStageByNameNumberAndAnyCase() throws IOException {
    bench.write("f", "F");
    bench.build(
        """
        FROM scratch AS First
        COPY f /1
        FROM scratch
        COPY --from=first /1 /a
        COPY --from=FIRST /1 /b
        COPY --from=0 /1 /c
        """);
    assertThat(bench.file("a")).isEqualTo("F");
    assertThat(bench.file("b")).isEqualTo("F");
    assertThat(bench.file("c")).isEqualTo("F");
  }

  @Test
  void heredocBecomesAFileWithItsVariables() {
    bench.build("FROM scratch\nENV N=world\nCOPY <<A <<'B' /d/\nhello $N\nA\nraw $N\nB\n");
    assertThat(bench.file("d/A")).isEqualTo("hello world\n");
    assertThat(bench.file("d/B")).isEqualTo("raw $N\n");
  }

  @Test
  void buildArgsReachOnlyWhereTheyAreDeclared() {
    bench.build(
        "ARG G=g\nFROM scratch\nARG G\nARG D=d\nLABEL g=$G d=$D u=$U\n",
        request -> request.buildArg("D", "given").buildArg("U", "undeclared"));
    assertThat(bench.image().config().config().labels())
        .containsEntry("g", "g")
        .containsEntry("d", "given")
        .containsEntry("u", "");
  }

  @Test
  void archiveIsUnpackedByAddAndNotByCopy() throws IOException {
    bench.write("in/x/y", "Y");
    Process tar =
        new ProcessBuilder(
                "tar",
                "-C",
                bench.context().resolve("in").toString(),
                "-czf",
                bench.context().resolve("a.bin").toString(),
                "x")
            .inheritIO()
            .start();
    assertThat(tar.onExit().join().exitValue()).isZero();
    bench.build("FROM scratch\nADD a.bin /add/\nCOPY a.bin /copy/\n");
    assertThat(bench.file("add/x/y")).isEqualTo("Y");
    assertThat(bench.file("copy/a.bin")).isNotNull();
  }

  @Test
  void workBesideTheStagesIsNeverTakenForOneOfTheirSteps() throws IOException {
    bench.write("a", "A");
    bench.build("FROM scratch AS export\nCOPY a /\nCOPY a /b\n", request -> {});
    List<String> ids =
        bench.events().stream()
            .filter(BuildEvent.StepStarted.class::isInstance)
            .map(event -> ((BuildEvent.StepStarted) event).step().id())
            .toList();
    assertThat(ids).containsExactlyInAnyOrder("export/2", "export/3", "export:0");
  }

  @Test
  void filesOfTheImageGoToADirectory() throws IOException {
    bench.write("a", "A");
    Path out = folder.resolve("out");
    bench.build(
        "FROM scratch\nCOPY a /d/a\n",
        request -> request.output(new Output.LocalDirectory(out, false)));
    assertThat(out.resolve("d/a")).hasContent("A");
  }

  @Test
  void timesAreClampedToTheEpochThatIsAskedFor() throws IOException {
    bench.write("a", "A");
    bench.build("FROM scratch\nCOPY a /a\nENV X=1\n", request -> request.sourceDateEpoch(1000L));
    assertThat(bench.image().config().createdAt().orElseThrow().getEpochSecond()).isEqualTo(1000);
    assertThat(bench.image().config().history())
        .allSatisfy(
            entry -> assertThat(entry.createdAt().orElseThrow().getEpochSecond()).isEqualTo(1000));
  }

  @Test
  void parentsAreKeptWithTheirAttributes() throws IOException {
    bench.write("a/b/c.txt", "C");
    bench.write("a/b/d.md", "D");
    bench.write("x/y/z.txt", "Z");
    Files.setPosixFilePermissions(
        bench.context().resolve("a/b"),
        java.nio.file.attribute.PosixFilePermissions.fromString("rwx--x---"));
    bench.build(
        """
        FROM scratch
        COPY --parents a/b/c.txt x /one/
        COPY --parents **/*.txt /two/
        COPY --parents a/./b/*.md /three/
        """);
    assertThat(bench.file("one/a/b/c.txt")).isEqualTo("C");
    assertThat(bench.file("one/a/b/d.md")).isNull();
    assertThat(bench.file("one/x/y/z.txt")).isEqualTo("Z");
    assertThat(bench.entry("one/a/b").attributes().mode()).isEqualTo(0710);
    assertThat(bench.file("two/a/b/c.txt")).isEqualTo("C");
    assertThat(bench.file("two/x/y/z.txt")).isEqualTo("Z");
    assertThat(bench.file("two/a/b/d.md")).isNull();
    assertThat(bench.file("three/b/d.md")).isEqualTo("D");
    assertThatThrownBy(() -> bench.build("FROM scratch\nCOPY --parents a/none /x/\n"))
        .hasMessageContaining("a/none");
  }
}
