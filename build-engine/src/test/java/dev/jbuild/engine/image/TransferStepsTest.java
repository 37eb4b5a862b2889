package dev.jbuild.engine.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.TransferEvent;
import dev.jbuild.registry.TransferEvent.Direction;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferStepsTest {
  private static final RepositoryName HUB = new RepositoryName("docker.io", "library/debian");
  private static final RepositoryName OWN = new RepositoryName("r.example", "team/app");
  private static final Descriptor LARGE = blob("large", 50_000_000);
  private static final Descriptor OTHER = blob("other", 2_000_000);
  private static final Descriptor SMALL = blob("small", 900);

  private final List<String> told = new ArrayList<>();
  private final TransferSteps steps =
      new TransferSteps(
          new StepEvents(
              event -> told.add(text(event)), Clock.fixed(Instant.EPOCH, ZoneOffset.UTC)));

  private static Descriptor blob(String content, long size) {
    return Descriptor.of(
        MediaType.OCI_LAYER_GZIP, Digest.of(content.getBytes(StandardCharsets.UTF_8)), size);
  }

  private static String text(BuildEvent event) {
    return switch (event) {
      case BuildEvent.StepStarted started -> "started " + started.step().name();
      case BuildEvent.StepProgress moved ->
          moved.step().id()
              + " "
              + name(moved.what())
              + " "
              + moved.current()
              + "/"
              + moved.total();
      case BuildEvent.StepFinished finished -> "finished " + finished.step().name();
      case BuildEvent.StepFailed failed ->
          "failed " + failed.step().name() + ": " + failed.failure().text();
      case BuildEvent.Warning warning -> warning.message();
      case BuildEvent.Planned _,
          BuildEvent.SandboxChosen _,
          BuildEvent.StepCached _,
          BuildEvent.StepOutput _,
          BuildEvent.Finished _,
          BuildEvent.Failed _ ->
          throw new AssertionError(event.toString());
    };
  }

  private static String name(String digest) {
    return digest.equals(LARGE.digest().toString()) ? "large" : "other";
  }

  private void started(Direction direction, RepositoryName where, Descriptor blob) {
    steps.on(new TransferEvent.Started(direction, where, blob));
  }

  private void moved(Direction direction, RepositoryName where, Descriptor blob, long done) {
    steps.on(new TransferEvent.Progressed(direction, where, blob, done));
  }

  private void finished(Direction direction, RepositoryName where, Descriptor blob) {
    steps.on(new TransferEvent.Finished(direction, where, blob));
  }

  @Test
  void blobsOfOneRepositoryAreOneStepFromTheFirstToTheLast() {
    started(Direction.PULL, HUB, LARGE);
    moved(Direction.PULL, HUB, LARGE, 0);
    moved(Direction.PULL, HUB, OTHER, 0);
    finished(Direction.PULL, HUB, OTHER);
    moved(Direction.PULL, HUB, LARGE, 12_500_000);
    finished(Direction.PULL, HUB, LARGE);
    moved(Direction.PULL, HUB, OTHER, 0);

    assertThat(told)
        .containsExactly(
            "started pulling from docker.io/library/debian",
            "transfer:1 large 0/50000000",
            "transfer:1 other 0/2000000",
            "transfer:1 other 2000000/2000000",
            "transfer:1 large 12500000/50000000",
            "transfer:1 large 50000000/50000000",
            "finished pulling from docker.io/library/debian",
            "started pulling from docker.io/library/debian",
            "transfer:2 other 0/2000000");
  }

  @Test
  void whatNeedNotMoveAndSmallBlobsThatAreQuickAreNotShown() {
    started(Direction.PUSH, OWN, LARGE);
    steps.on(
        new TransferEvent.Skipped(
            Direction.PUSH, OWN, LARGE, TransferEvent.Skipped.Reason.PRESENT));
    started(Direction.PUSH, OWN, SMALL);
    moved(Direction.PUSH, OWN, SMALL, 0);
    finished(Direction.PUSH, OWN, SMALL);

    assertThat(told).isEmpty();
  }

  @Test
  void theSameBlobOnItsWayToTwoRepositoriesIsTwoSteps() {
    moved(Direction.PUSH, OWN, LARGE, 0);
    moved(Direction.PUSH, HUB, LARGE, 5);
    finished(Direction.PUSH, OWN, LARGE);

    assertThat(told)
        .containsExactly(
            "started pushing to r.example/team/app",
            "transfer:1 large 0/50000000",
            "started pushing to docker.io/library/debian",
            "transfer:2 large 5/50000000",
            "transfer:1 large 50000000/50000000",
            "finished pushing to r.example/team/app");
  }

  @Test
  void blobThatDoesNotArriveFailsItsStepWhenTheOthersHaveEnded() {
    moved(Direction.PULL, HUB, LARGE, 0);
    moved(Direction.PULL, HUB, OTHER, 0);
    steps.on(
        new TransferEvent.Failed(
            Direction.PULL,
            HUB,
            LARGE,
            new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "it broke")));
    finished(Direction.PULL, HUB, OTHER);

    assertThat(told)
        .endsWith(
            "transfer:1 other 2000000/2000000",
            "failed pulling from docker.io/library/debian: it broke");
  }

  @Test
  void retriesAreToldAndAMirrorThatFailsOnce() {
    steps.on(
        new TransferEvent.Retrying("pull blob x", "connection reset", 1, Duration.ofMillis(410)));
    steps.on(new TransferEvent.MirrorFailed(OWN, "503"));
    steps.on(new TransferEvent.MirrorFailed(OWN, "503"));

    assertThat(told)
        .containsExactly(
            "pull blob x: connection reset; asked again in 0.4 s",
            "mirror r.example/team/app does not serve: 503");
  }
}
