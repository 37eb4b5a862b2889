package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.ssh.SshAgent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.sandbox.ExtraHost;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.sandbox.NetworkMode;
import dev.jbuild.sandbox.SeccompProfile;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whole builds that run processes, on a base made of this machine's static busybox. */
@Tag("root")
final class RunIT extends BenchWithSteps {
  @Test
  void runChangesFilesAndSecondBuildRunsNothing() {
    String dockerfile = "FROM busybox\nRUN echo hi | cat > /x\nRUN rm /x && echo new > /y\n";
    BuildResult first = bench.build(dockerfile);
    assertThat(bench.file("x")).isNull();
    assertThat(bench.file("y")).isEqualTo("new\n");
    assertThat(bench.ran()).hasSize(2);
    BuildResult second = bench.build(dockerfile);
    assertThat(bench.ran()).isEmpty();
    assertThat(second.imageDescriptor()).isEqualTo(first.imageDescriptor());
  }

  @Test
  void changedFileRunsOnlyWhatDependsOnIt() throws IOException {
    bench.write("a", "1");
    bench.write("b", "1");
    String dockerfile =
        """
        FROM busybox AS a
        COPY a /a
        RUN cat /a > /out
        FROM busybox AS b
        COPY b /b
        RUN cat /b > /out
        FROM busybox
        COPY --from=a /out /a
        COPY --from=b /out /b
        """;
    bench.build(dockerfile);
    bench.write("b", "2");
    bench.build(dockerfile);
    assertThat(bench.ran())
        .containsExactly("COPY b /b", "RUN cat /b > /out", "COPY --from=b /out /b");
    assertThat(bench.file("b")).isEqualTo("2");
  }

  @Test
  void failingRunTellsCodePlaceAndLastOutput() {
    assertThatThrownBy(() -> bench.build("FROM busybox\nRUN echo before; echo why >&2; exit 42\n"))
        .isInstanceOfSatisfying(
            RunFailure.class,
            failure -> {
              assertThat(failure.exitCode()).isEqualTo(42);
              assertThat(failure.lastOutput()).contains("before").contains("why");
              assertThat(failure.span()).hasToString("Dockerfile:2:1");
              assertThat(failure.excerpt()).contains("> 2 | RUN echo before");
            });
    assertThat(bench.store().tags().get("result:latest")).isEmpty();
  }

  @Test
  void stepsThatFinishedBeforeAFailureAreCached() {
    assertThatThrownBy(() -> bench.build("FROM busybox\nRUN echo 1 > /1\nRUN false\n"))
        .isInstanceOf(RunFailure.class);
    bench.build("FROM busybox\nRUN echo 1 > /1\nRUN true\n");
    assertThat(bench.ran()).containsExactly("RUN true");
  }

  @Test
  void independentStagesRunAtTheSameTime() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    // Each stage waits for the other over the host's loopback: one after the other never ends well.
    bench.build(
        """
        FROM busybox AS left
        RUN echo from-left | nc -l -p PORT -w 20 > /got
        FROM busybox AS right
        RUN i=0; until echo from-right | nc -w 5 127.0.0.1 PORT > /got && [ -s /got ]; do \
            i=$((i+1)); [ $i -lt 100 ] || exit 1; sleep 0.1; done
        FROM busybox
        COPY --from=left /got /left
        COPY --from=right /got /right
        """
            .replace("PORT", String.valueOf(port)));
    assertThat(bench.file("right")).isEqualTo("from-left\n");
  }

  @Test
  void environmentUserAndDirectoryAreTheDockerfiles() {
    bench.build(
        """
        FROM busybox
        ARG GIVEN=default
        ARG EMPTY
        ENV FROM_ENV="a b"
        WORKDIR /job/dir
        USER app
        RUN pwd; id; echo "$GIVEN|$FROM_ENV|${UNDECLARED-unset}|$HOME"
        """,
        request -> request.buildArg("GIVEN", "g").buildArg("UNDECLARED", "x"));
    assertThat(bench.output())
        .contains("/job/dir\n")
        .contains("uid=10(app) gid=20(staff) groups=20(staff),30(extra)")
        .contains("g|a b|unset|/\n");
  }

  @Test
  void proxiesReachRunButNoKeyAndNoHistory() {
    String dockerfile = "FROM busybox\nRUN echo \"[$http_proxy][$HTTP_PROXY]\"\n";
    bench.build(dockerfile, request -> request.buildArg("http_proxy", "http://p:1"));
    assertThat(bench.output()).isEqualTo("[http://p:1][http://p:1]\n");
    bench.build(dockerfile, request -> request.buildArg("HTTP_PROXY", "http://other"));
    assertThat(bench.ran()).isEmpty();
    assertThat(bench.image().config().history().toString()).doesNotContain("http://");
  }

  @Test
  void heredocsRunAsShellTextAndAsScript() {
    bench.build(
        """
        FROM busybox
        RUN <<EOF
        set -e
        X=1
        echo "x is $X"
        EOF
        RUN <<EOF
        #!/bin/sh
        echo "i am $0"
        EOF
        RUN cat <<A - <<B
        in a
        A
        in b
        B
        """);
    assertThat(bench.output()).contains("x is 1").contains("i am /dev/pipes/EOF").contains("in b");
  }

  @Test
  void hostsAndResolverNeverReachTheLayer() {
    bench.build(
        "FROM busybox\nRUN cat /etc/hosts && ! (echo x >> /etc/hosts) 2>/dev/null && touch /made\n",
        request ->
            request.execution(
                new ExecutionOptions(
                    NetworkMode.HOST,
                    Set.of(),
                    List.of(new ExtraHost("extra.test", "10.1.2.3")),
                    Limits.NONE,
                    2)));
    assertThat(bench.output()).contains("10.1.2.3\textra.test");
    assertThat(bench.file("etc/hosts")).isNull();
    assertThat(bench.file("etc/resolv.conf")).isNull();
    assertThat(bench.file("made")).isEmpty();
  }

  @Test
  void aStepIsKilledAfterItsTime() {
    assertThatThrownBy(() ->
            bench.build(
                "FROM busybox\nRUN sleep 1000\n",
                request ->
                    request.execution(
                        secured(Optional.of(Duration.ofMillis(200)), Optional.empty(), false))))
        .hasMessageContaining("timed out after 0.2 s");
  }

  @Test
  void aPolicyAndNoNewPrivilegesReachTheStep() {
    SeccompProfile policy =
        SeccompProfile.parse(
            "p.json",
            """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
            """
                .getBytes(StandardCharsets.UTF_8));
    bench.build(
        "FROM busybox\nRUN mkdir /x 2>&1 || grep NoNewPrivs /proc/self/status\n",
        request -> request.execution(secured(Optional.empty(), Optional.of(policy), true)));
    assertThat(bench.output()).contains("No space left on device").contains("NoNewPrivs:\t1");
  }

  private static ExecutionOptions secured(
      Optional<Duration> timeout, Optional<SeccompProfile> policy, boolean noNewPrivileges) {
    return new ExecutionOptions(
        NetworkMode.HOST, Set.of(), List.of(), Limits.NONE, timeout, policy, noNewPrivileges, 2);
  }

  @Test
  void runWithoutNetworkSeesNothingButItsOwnLoopback() {
    bench.build("FROM busybox\nRUN --network=none cat /proc/net/dev\n");
    assertThat(bench.output().lines().filter(line -> line.contains(":")).toList())
        .hasSize(1)
        .first()
        .asString()
        .contains("lo:");
  }

  @Test
  void interruptedBuildLeavesNoProcessAndIsToldAsCancelled() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    AtomicReference<BuildFailure> failure = new AtomicReference<>();
    String marker = "86399.73" + System.nanoTime();
    Thread build =
        Thread.startVirtualThread(() -> {
          try {
            bench.build("FROM busybox\nRUN echo go; sleep " + marker + "\n");
          } catch (BuildFailure e) {
            failure.set(e);
          }
        });
    Thread watch =
        Thread.startVirtualThread(() -> {
          while (!bench.output().contains("go")) {
            Thread.onSpinWait();
          }
          running.countDown();
        });
    running.await();
    build.interrupt();
    build.join();
    watch.join();
    assertThat(Objects.requireNonNull(failure.get()).kind()).isEqualTo(Kind.CANCELLED);
    assertThat(
            ProcessHandle.allProcesses()
                .filter(p -> p.info().commandLine().orElse("").contains(marker)))
        .isEmpty();
  }

  @Test
  void runAndCopyTakeTurnsOverWhiteoutsAndLinks() throws IOException {
    bench.write("f", "F");
    bench.build(
        """
        FROM busybox
        RUN mkdir -p /d/sub && echo 1 > /d/sub/x && ln -s d /l
        COPY f /l/sub/
        RUN rm -r /d && ln -s /tmp /d
        COPY f /d/
        RUN cat /tmp/f && rm /tmp/f
        """);
    assertThat(bench.output()).isEqualTo("F");
    assertThat(bench.file("tmp/f")).isNull();
    assertThat(bench.file("d/sub/x")).isNull();
  }

  @Test
  void unknownUserFailsAtItsStep() {
    assertThatThrownBy(() -> bench.build("FROM busybox\nUSER nobody-here\nRUN true\n"))
        .isInstanceOfSatisfying(
            LocatedFailure.class,
            failure -> {
              assertThat(failure.text()).contains("nobody-here");
              assertThat(failure.span()).hasToString("Dockerfile:3:1");
            });
  }

  @Test
  void changedArgumentIsNamedAsTheReason() {
    String dockerfile = "FROM busybox\nARG VERSION\nRUN echo $VERSION > /v\n";
    bench.build(dockerfile, request -> request.buildArg("VERSION", "1.2"));
    bench.build(dockerfile, request -> request.buildArg("VERSION", "1.3"));
    assertThat(bench.reason("RUN echo $VERSION > /v")).isEqualTo("variable VERSION: 1.2 → 1.3");
    assertThat(bench.file("v")).isEqualTo("1.3\n");
  }

  @Test
  void noCacheRunsAgain() {
    bench.build("FROM busybox\nRUN echo 1 > /1\n");
    bench.build("FROM busybox\nRUN echo 1 > /1\n", request -> request.noCache(true));
    assertThat(bench.ran()).isEqualTo(List.of("RUN echo 1 > /1"));
  }

  @Test
  void bindMountShowsTheContextWithoutWhatIsIgnoredAndTakesNoWrites() throws IOException {
    bench.write(".dockerignore", "hidden\n");
    bench.write("src/a", "A");
    bench.write("hidden", "H");
    String dockerfile =
        """
        FROM busybox
        WORKDIR /w
        RUN --mount=target=. ls -a && cat src/a && ! touch src/new 2>/dev/null
        RUN --mount=target=/rw,source=src,rw echo changed > /rw/a && cat /rw/a && touch /made
        """;
    bench.build(dockerfile);
    assertThat(bench.output()).contains("src\n").contains("A").contains("changed\n");
    assertThat(bench.output()).doesNotContain("hidden");
    assertThat(bench.context().resolve("src/a")).hasContent("A");
    assertThat(bench.file("rw/a")).isNull();
    assertThat(bench.file("made")).isEmpty();
    bench.write("hidden", "H2");
    bench.build(dockerfile);
    assertThat(bench.ran()).isEmpty();
    bench.write("src/a", "B");
    bench.build(dockerfile);
    assertThat(bench.output()).contains("B");
  }

  @Test
  void bindMountFromAStageShowsItsFiles() {
    bench.build(
        """
        FROM busybox AS made
        RUN mkdir -p /out/d && echo deep > /out/d/f && ln -s d /out/l
        FROM busybox
        RUN --mount=from=made,source=/out/l,target=/in cat /in/f > /copied
        """);
    assertThat(bench.file("copied")).isEqualTo("deep\n");
    assertThat(bench.file("in/f")).isNull();
  }

  @Test
  void cacheMountKeepsItsFilesBetweenBuildsAndOutOfTheImage() {
    String dockerfile =
        "FROM busybox\nARG N\nRUN --mount=type=cache,target=/c " + "touch /c/$N && ls /c > /seen\n";
    bench.build(dockerfile, request -> request.buildArg("N", "one"));
    assertThat(bench.file("seen")).isEqualTo("one\n");
    bench.build(dockerfile, request -> request.buildArg("N", "two"));
    assertThat(bench.file("seen")).isEqualTo("one\ntwo\n");
    assertThat(bench.file("c/one")).isNull();
  }

  @Test
  void secretIsAFileAndAVariableAndNowhereElse() throws IOException {
    String secret = "s3cr3t-" + System.nanoTime();
    String dockerfile =
        """
        FROM busybox
        RUN --mount=type=secret,id=tok --mount=type=secret,id=tok,env=TOKEN \\
            [ "$(cat /run/secrets/tok)" = "$TOKEN" ] && echo "${#TOKEN} $(stat -c %a /run/secrets/tok)"
        """;
    bench.build(
        dockerfile,
        request ->
            request.secret(
                "tok",
                new SecretSource.Value(secret.getBytes(java.nio.charset.StandardCharsets.UTF_8))));
    assertThat(bench.output()).isEqualTo(secret.length() + " 400\n");
    try (var files = java.nio.file.Files.walk(folder)) {
      for (Path file : files.filter(java.nio.file.Files::isRegularFile).toList()) {
        assertThat(
                new String(
                    java.nio.file.Files.readAllBytes(file),
                    java.nio.charset.StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(secret);
      }
    }
    bench.build(
        dockerfile, request -> request.secret("tok", new SecretSource.Value(new byte[] {'x'})));
    assertThat(bench.ran()).isEmpty();
  }

  /** As BuildKit has it: a step that does not run needs nothing. */
  @Test
  void requiredSecretAndAgentAreNotAskedForOnAHit() throws IOException {
    String dockerfile =
        """
        FROM busybox
        RUN --mount=type=secret,id=tok,required --mount=type=ssh,required test -S "$SSH_AUTH_SOCK"
        """;
    bench.build(
        dockerfile,
        request ->
            request
                .secret("tok", new SecretSource.Value(new byte[] {'x'}))
                .sshAgent("default", new SshAgent.Keys(List.of())));
    bench.build(dockerfile);
    assertThat(bench.ran()).isEmpty();
    assertThatThrownBy(() -> bench.build(dockerfile, request -> request.noCache(true)))
        .hasMessageContaining("is required and was not given");
  }

  @Test
  void requiredSecretThatIsNotGivenIsToldWithTheFlagThatGivesIt() {
    assertThatThrownBy(
            () -> bench.build("FROM busybox\nRUN --mount=type=secret,id=tok,required=true true\n"))
        .isInstanceOfSatisfying(
            LocatedFailure.class,
            failure ->
                assertThat(failure.hint()).contains("give it with --secret id=tok,src=FILE"));
  }

  @Test
  void tmpfsIsWritableAndGoneAfterwards() {
    bench.build(
        "FROM busybox\nRUN --mount=type=tmpfs,target=/t,size=1m echo x > /t/f && cat /t/f\n");
    assertThat(bench.output()).isEqualTo("x\n");
    assertThat(bench.file("t/f")).isNull();
  }

  @Test
  void mountOntoALinkStaysInsideTheRoot() throws IOException {
    bench.write("f", "F");
    bench.build(
        """
        FROM busybox
        RUN ln -s /etc /l
        RUN --mount=target=/l/passwd,source=f cat /etc/passwd
        """);
    assertThat(bench.output()).isEqualTo("F");
    assertThat(bench.file("etc/passwd")).startsWith("root:");
  }
}
