package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dockerfiles that cannot be built, and what is said of them. */
final class RefusedBuildTest {
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
  void errorsOfTheDockerfileAreAllToldWithTheirPlaces() {
    assertThatThrownBy(() -> bench.build("FROM scratch\nCOPPY a b\nENV\n"))
        .isInstanceOfSatisfying(
            DockerfileFailure.class,
            failure -> {
              assertThat(failure.errors()).hasSize(2);
              assertThat(failure.errors().getFirst().span()).hasToString("Dockerfile:2:1");
              assertThat(failure.errors().getFirst().excerpt()).contains("> 2 | COPPY a b");
            });
  }

  @Test
  void valuesAreJudgedBesideErrorsOfSyntaxWhereTheTargetNeedsThem() {
    String dockerfile =
        """
        FROM scratch AS a
        EXPOSE x
        FROM scratch AS b
        STOPSIGNAL y
        ENV
        FROM scratch AS c
        EXPOSE z
        """;
    assertThatThrownBy(() -> bench.build(dockerfile, request -> request.target("b")))
        .isInstanceOfSatisfying(
            DockerfileFailure.class,
            failure ->
                assertThat(failure.errors())
                    .extracting(error -> error.span().toString())
                    .containsExactly("Dockerfile:4:12", "Dockerfile:5:3"));
    assertThatThrownBy(() -> bench.build(dockerfile))
        .isInstanceOfSatisfying(
            DockerfileFailure.class,
            failure ->
                assertThat(failure.errors())
                    .extracting(error -> error.span().toString())
                    .containsExactly("Dockerfile:5:3", "Dockerfile:7:8"));
  }

  @Test
  void missingDockerfileNamesOneThatTheContextHas() throws IOException {
    Files.createDirectories(bench.context().resolve("Dockerfile.d"));
    Files.writeString(bench.context().resolve("Containerfile"), "FROM scratch\n");
    assertThatThrownBy(() ->
            bench.build(
                "", request -> request.dockerfile(new DockerfileSource.InContext("Dockerfile"))))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> {
              assertThat(failure.text())
                  .isEqualTo("there is no Dockerfile \"Dockerfile\" in the context");
              assertThat(failure.hint())
                  .contains("the context has \"Containerfile\": name it with -f");
            });
  }

  @Test
  void missingSourceIsToldAtItsLine() {
    assertThatThrownBy(() -> bench.build("FROM scratch\nCOPY nothing /x\n"))
        .isInstanceOfSatisfying(
            LocatedFailure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(Kind.NOT_FOUND);
              assertThat(failure.text()).isEqualTo("\"nothing\" is not there to be copied");
              assertThat(failure.span()).hasToString("Dockerfile:2:6");
            });
  }

  @Test
  void laterStageCannotBeCopiedFrom() {
    assertThatThrownBy(() ->
            bench.build(
                "FROM scratch AS a\nCOPY --from=b /x /x\nFROM scratch AS b\n",
                request -> request.target("a")))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining("is defined after this COPY");
  }

  @Test
  void unknownTargetIsToldBeforeAnythingElse() {
    // Neither the finding about ENV nor the registry of the base is of interest then.
    String dockerfile = "FROM nowhere.invalid/none AS one\nENV a b\nFROM scratch\n";
    assertThatThrownBy(() -> bench.build(dockerfile, request -> request.target("two")))
        .isInstanceOfSatisfying(
            DockerfileFailure.class,
            failure -> {
              assertThat(failure).hasMessageContaining("no stage is named \"two\"");
              assertThat(failure.hint()).contains("the stages are one");
            });
    assertThat(bench.events()).noneMatch(BuildEvent.Warning.class::isInstance);
    assertThatThrownBy(() -> bench.build(dockerfile, request -> request.target("oen")))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> assertThat(failure.hint()).contains("did you mean \"one\"?"));
  }

  /**
   * The image's registry is one that nobody runs here, so that nothing is asked beyond loopback.
   */
  @Test
  void imageThatIsAlmostAStageIsOfferedThatStage() {
    assertThatThrownBy(() -> bench.build("FROM scratch AS localhost-x\nFROM localhost/x\n"))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure ->
                assertThat(failure.hint()).contains("did you mean the stage \"localhost-x\"?"));
  }

  @Test
  void officialSyntaxIsOursAndAnyOtherIsRefused() {
    bench.build("# syntax=docker/dockerfile:1.7-labs\nFROM scratch\nCMD [\"x\"]\n");
    assertThatThrownBy(() -> bench.build("# syntax=example/other:1\nFROM scratch\n"))
        .isInstanceOfSatisfying(
            LocatedFailure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(Kind.UNSUPPORTED);
              assertThat(failure.text()).contains("example/other:1");
              assertThat(failure.span().startLine()).isEqualTo(1);
            });
  }
}
