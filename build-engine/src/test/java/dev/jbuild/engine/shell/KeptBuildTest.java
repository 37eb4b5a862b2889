package dev.jbuild.engine.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.dockerfile.expand.RunMount;
import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Surroundings;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.sandbox.ExtraHost;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.sandbox.NetworkMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptBuildTest {
  private static final DiffId LAYER = new DiffId(Digest.EMPTY);

  @TempDir Path directory;

  @Test
  void allOfItComesBack() throws Exception {
    Limits limits =
        new Limits(
            OptionalLong.of(1L << 33),
            OptionalLong.of(-1),
            OptionalDouble.of(1.5),
            OptionalLong.of(99),
            OptionalInt.of(200),
            Map.of("8:0", new Limits.IoBandwidth(5, 0)),
            Map.of("nofile", new Limits.Ulimit(10, -1)),
            OptionalLong.of(4096),
            Optional.of("/builds"));
    KeptStep.Run run =
        new KeptStep.Run(
            NetworkMode.NONE,
            true,
            List.of(
                new Mount.Bind(1, "/a", "/b", true),
                new Mount.Cache("id", "/c", RunMount.Sharing.LOCKED, 2, "/d", false, 0700, 7, 8),
                new Mount.Tmpfs("/t", 1L << 40),
                new Mount.Secret("s", "", "TOKEN", true, 0400, 1, 2),
                new Mount.Secret("s", "/run/s", null, false, 0440, 3, 4),
                new Mount.Ssh("default", "/ssh", true, 0600, 5, 6)),
            new Op.Script("EOF", "#!/bin/sh\n\u00e4\n"));
    Surroundings seen =
        new Surroundings(List.of("A=1", "B=x=y"), "/w", "me:us", List.of("/bin/bash", "-c"));
    KeptBuild build =
        new KeptBuild(
            "abc",
            new KeptExecution(
                "oci",
                "/usr/bin/crun",
                "box",
                List.of(new ExtraHost("h", "192.0.2.1"), new ExtraHost("h", "192.0.2.2")),
                limits,
                Optional.of("{\"defaultAction\": \"x\"}"),
                true),
            List.of(
                new KeptNode.Layers(List.of(LAYER)),
                new KeptNode.Key(Digest.EMPTY),
                new KeptNode.Stack(List.of(0, 1)),
                new KeptNode.Unknown()),
            List.of(
                new KeptStep("build/2", "[build 2/2] RUN", 2, List.of(0, 1, 2), 3, seen, run, null),
                new KeptStep(
                    "build/1",
                    "FROM",
                    1,
                    List.of(),
                    0,
                    seen,
                    null,
                    new KeptStep.Failure(LAYER, "")),
                new KeptStep(
                    "build/3",
                    "RUN",
                    3,
                    List.of(2),
                    3,
                    seen,
                    run,
                    new KeptStep.Failure(null, "why"))));
    build.save(directory.resolve("new"));
    assertThat(KeptBuild.last(directory.resolve("new"))).contains(build);
  }

  @Test
  void withoutABuildThereIsNone() throws Exception {
    assertThat(KeptBuild.last(directory)).isEmpty();
  }

  @Test
  void whatCannotBeReadIsToldInWords() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> KeptBuild.last(file))
        .isInstanceOf(BuildFailure.class)
        .hasMessageStartingWith("read what the last build left: ");
    assertThatThrownBy(() -> BuildNotes.last(file))
        .isInstanceOf(BuildFailure.class)
        .hasMessageStartingWith("read what is known of a build: ");
  }
}
