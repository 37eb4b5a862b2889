package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.History;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds that find results of earlier ones, and those that must not. */
final class BuildCacheTest {
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
  void secondBuildRunsNothingAndHasTheSameDigest() throws IOException {
    bench.write("a.txt", "A");
    String dockerfile = "FROM scratch\nCOPY a.txt /x/\nWORKDIR /w/d\nENV A=1\n";
    BuildResult first = bench.build(dockerfile);
    assertThat(bench.ran()).containsExactly("COPY a.txt /x/", "WORKDIR /w/d");
    BuildResult second = bench.build(dockerfile);
    assertThat(bench.ran()).isEmpty();
    assertThat(second.imageDescriptor()).isEqualTo(first.imageDescriptor());
  }

  @Test
  void touchedFileHitsChangedFileMissesAndIsNamed() throws IOException {
    bench.write("src/a.c", "1");
    bench.write("src/b.c", "1");
    String dockerfile = "FROM scratch\nCOPY src /src/\nCOPY src/b.c /b\n";
    bench.build(dockerfile);
    bench.write("src/a.c", "1");
    bench.build(dockerfile);
    assertThat(bench.ran()).isEmpty();
    bench.write("src/a.c", "2");
    bench.write("src/c.c", "new");
    bench.build(dockerfile);
    assertThat(bench.ran()).containsExactly("COPY src /src/", "COPY src/b.c /b");
    assertThat(bench.reason("COPY src /src/"))
        .isEqualTo("2 files changed: a.c (content), c.c (new)");
    assertThat(bench.reason("COPY src/b.c /b")).isEqualTo("an earlier step changed");
    assertThat(bench.file("src/c.c")).isEqualTo("new");
  }

  @Test
  void changedModeOfAFileMisses() throws IOException {
    bench.write("a", "A");
    bench.build("FROM scratch\nCOPY a /a\n");
    Files.setPosixFilePermissions(
        bench.context().resolve("a"),
        java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    bench.build("FROM scratch\nCOPY a /a\n");
    assertThat(bench.reason("COPY a /a")).isEqualTo("1 file changed: a (mode)");
    assertThat(bench.entry("a").attributes().mode()).isEqualTo(0700);
  }

  @Test
  void aBuildIsBuiltThoughTheDigestsItComputedCannotBeKept() throws IOException {
    // What has changed a moment ago is not remembered anyhow.
    Clock later = Clock.offset(Clock.systemUTC(), Duration.ofHours(1));
    try (Bench other = new Bench(folder.resolve("other"), Map.of(), later)) {
      Files.createFile(other.store().directory("cache").resolve("digests"));
      other.write("a.txt", "A");
      other.build("FROM scratch\nCOPY a.txt /x/\n");
      assertThat(other.file("x/a.txt")).isEqualTo("A");
    }
  }

  @Test
  void fileAndDirectoryOfOneNameAreNotTakenForEachOther() throws IOException {
    bench.write("one/f", "F");
    bench.write("two/f/f", "F");
    bench.build("FROM scratch\nCOPY one/f /x\n");
    assertThat(bench.file("x")).isEqualTo("F");
    bench.build("FROM scratch\nCOPY two/f /x\n");
    assertThat(bench.file("x/f")).isEqualTo("F");
  }

  @Test
  void directoriesAreNotTakenForOneInAnother() throws IOException {
    Files.createDirectories(bench.context().resolve("d1/d2"));
    bench.build("FROM scratch\nCOPY d* /x/\n");
    assertThat(bench.entry("x/d2").isDirectory()).isTrue();
    Files.move(bench.context().resolve("d1/d2"), bench.context().resolve("d2"));
    bench.build("FROM scratch\nCOPY d* /x/\n");
    assertThat(bench.ran()).containsExactly("COPY d* /x/");
  }

  @Test
  void rebuiltStageThatCameOutTheSameHitsDownstream() throws IOException {
    bench.write("a", "A");
    bench.build("FROM scratch AS s\nCOPY a /a\nFROM scratch\nCOPY --from=s /a /b\n");
    bench.build("FROM scratch AS s\nCOPY a /other\nCOPY a /a\nFROM scratch\nCOPY --from=s /a /b\n");
    assertThat(bench.ran()).doesNotContain("COPY --from=s /a /b");
  }

  @Test
  void historyOfCachedLayersKeepsTheirTimes() throws IOException {
    bench.write("a", "A");
    bench.build("FROM scratch\nCOPY a /a\n");
    List<History> first = bench.image().config().history();
    bench.build("FROM scratch\nCOPY a /a\n");
    assertThat(bench.image().config().history()).isEqualTo(first);
  }

  @Test
  void linkedCopyIsNotMadeAgainOnAnotherBase() throws IOException {
    bench.write("f", "F");
    bench.write("one", "1");
    bench.write("two", "2");
    bench.build("FROM scratch\nCOPY one /base\nCOPY --link f /d/f\n");
    var first = bench.image().config().diffIds();
    bench.build("FROM scratch\nCOPY two /base\nCOPY --link f /d/f\n");
    assertThat(bench.ran()).containsExactly("COPY two /base");
    assertThat(bench.image().config().diffIds().getLast()).isEqualTo(first.getLast());
    assertThat(bench.file("d/f")).isEqualTo("F");
    assertThat(bench.file("base")).isEqualTo("2");
  }
}
