package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Steps that run at once, of one build and of several. */
@Tag("root")
@Timeout(600)
final class SchedulerIT extends BenchWithSteps {
  /** Steps meet in a cache mount: whoever waits there for another one in vain ends with code 9. */
  private static final String MEET =
      "RUN --mount=type=cache,target=/meet touch /meet/%1$s; i=0; until %2$s; do i=$((i+1));"
          + " [ $i -lt 1200 ] || exit 9; sleep 0.1; done; touch /%1$s\n";

  @Test
  void fourIndependentStagesRunAtOnceByDefault() {
    List<String> names = List.of("a", "b", "c", "d");
    String all =
        names.stream().map(n -> "[ -e /meet/" + n + " ]").collect(Collectors.joining(" && "));
    StringBuilder dockerfile = new StringBuilder();
    names.forEach(n -> dockerfile.append("FROM busybox AS " + n + "\n" + MEET.formatted(n, all)));
    dockerfile.append("FROM scratch\n");
    names.forEach(n -> dockerfile.append("COPY --from=" + n + " /" + n + " /\n"));
    bench.build(dockerfile.toString());
    assertThat(bench.ran()).hasSize(8);
  }

  @Test
  void whatPlatformsShareRunsOnceAlsoWithoutACache() {
    Platform host = Platform.host();
    Platform other =
        Platform.parse(host.architecture().equals("arm64") ? "linux/amd64" : "linux/arm64");
    bench.build(
        "FROM --platform=$BUILDPLATFORM busybox AS tools\n"
            + "RUN --mount=type=cache,target=/log echo shared >> /log/ran\n"
            + "FROM --platform=$BUILDPLATFORM tools AS cross\n"
            + "ARG TARGETARCH\n"
            + "RUN --mount=type=cache,target=/log echo $TARGETARCH >> /log/ran; echo $TARGETARCH >"
            + " /out\n"
            + "FROM scratch\n"
            + "COPY --from=cross /out /out\n",
        request -> request.noCache(true).platform(other).platform(host));
    assertThat(
            bench.events().stream()
                .filter(BuildEvent.StepStarted.class::isInstance)
                .map(event -> ((BuildEvent.StepStarted) event).step().name()))
        .anyMatch(name -> name.startsWith("[" + host + "->" + other.architecture() + " cross 2/2]"))
        .anyMatch(name -> name.startsWith("[" + other + " stage-2 2/2]"));
    bench.build("FROM busybox\nRUN --mount=type=cache,target=/log cat /log/ran > /ran\n");
    assertThat(Objects.requireNonNull(bench.file("ran")).lines())
        .containsExactlyInAnyOrder("shared", host.architecture(), other.architecture());
  }

  @Test
  void noMoreStepsRunAtOnceThanAskedFor() {
    String step =
        "RUN --mount=type=cache,target=/log echo in >> /log/steps; sleep 0.2; echo out >>"
            + " /log/steps\n";
    String dockerfile =
        "FROM busybox AS a\n"
            + step
            + "FROM busybox AS b\n"
            + step.replace("0.2", "0.3")
            + "FROM scratch\nCOPY --from=a /bin/busybox /a\nCOPY --from=b /bin/busybox /b\n";
    ExecutionOptions usual = ExecutionOptions.DEFAULT;
    bench.build(
        dockerfile,
        request ->
            request.execution(
                new ExecutionOptions(
                    usual.network(), usual.entitlements(), usual.extraHosts(), usual.limits(), 1)),
        _ -> {});
    bench.build("FROM busybox\nRUN --mount=type=cache,target=/log cat /log/steps > /steps\n");
    assertThat(Objects.requireNonNull(bench.file("steps")).lines())
        .containsExactly("in", "out", "in", "out");
  }

  @Test
  void concurrentBuildsOfOverlappingGraphsRunEachStepOnce() throws Exception {
    int builds = 8;
    String log =
        "RUN --mount=type=cache,target=/log echo %1$s >> /log/ran; sleep 0.2; echo %1$s > /%1$s\n";
    String shared =
        "FROM busybox AS left\n"
            + log.formatted("left")
            + "FROM busybox AS right\n"
            + log.formatted("right")
            + "FROM left AS both\nCOPY --from=right /right /\n"
            + log.formatted("both");
    ConcurrentLinkedQueue<BuildEvent> events = new ConcurrentLinkedQueue<>();
    CountDownLatch start = new CountDownLatch(1);
    List<Future<BuildResult>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < builds; i++) {
        // Each two of them have a last step in common, and each its own name.
        String dockerfile = shared + "FROM both\n" + log.formatted("end" + i / 2);
        String name = "result" + i;
        running.add(
            threads.submit(() -> {
              start.await();
              return bench.build(dockerfile, request -> request.tag(name), events::add);
            }));
      }
      start.countDown();
      for (Future<BuildResult> build : running) {
        assertThat(build.get().imageDescriptor()).isPresent();
      }
    }
    Map<String, Long> started =
        events.stream()
            .filter(BuildEvent.StepStarted.class::isInstance)
            .map(event -> ((BuildEvent.StepStarted) event).step())
            .filter(step -> step.source().isPresent())
            .collect(
                Collectors.groupingBy(
                    step -> step.name().replaceFirst("^\\[[^]]*] ", ""), Collectors.counting()));
    assertThat(started).hasSize(8).allSatisfy((step, times) -> assertThat(times).as(step).isOne());
    bench.build(
        "FROM busybox\nRUN --mount=type=cache,target=/log cat /log/ran > /ran; wc -l < /log/ran\n");
    assertThat(Objects.requireNonNull(bench.file("ran")).lines())
        .containsExactlyInAnyOrder("left", "right", "both", "end0", "end1", "end2", "end3");
  }

  @Test
  void firstFailureCancelsTheRestAndIsToldOnce() {
    String dockerfile =
        "FROM busybox AS slow\n"
            + "RUN --mount=type=cache,target=/meet touch /meet/slow; sleep 10000; echo > /slow\n"
            + "FROM busybox AS bad\n"
            + MEET.formatted("bad", "[ -e /meet/slow ]")
                .replace("done; touch /bad", "done; exit 42")
            + "FROM scratch\nCOPY --from=slow /slow /\nCOPY --from=bad /bad /\n";
    assertThatThrownBy(() -> bench.build(dockerfile))
        .isInstanceOfSatisfying(
            RunFailure.class, failure -> assertThat(failure.exitCode()).isEqualTo(42));
    Map<Boolean, List<String>> failed =
        bench.events().stream()
            .filter(BuildEvent.StepFailed.class::isInstance)
            .map(BuildEvent.StepFailed.class::cast)
            .collect(
                Collectors.partitioningBy(
                    event -> event.failure().kind() == BuildFailure.Kind.CANCELLED,
                    Collectors.mapping(event -> event.step().id(), Collectors.toList())));
    assertThat(failed.get(false)).containsExactly("bad/2");
    assertThat(failed.get(true)).containsExactly("slow/2");
    assertThat(bench.events().stream().filter(BuildEvent.Failed.class::isInstance)).hasSize(1);
    assertThat(bench.events().getLast()).isInstanceOf(BuildEvent.Failed.class);
  }
}
