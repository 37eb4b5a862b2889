package dev.jbuild.engine.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.CacheRecord;
import dev.jbuild.engine.cache.CacheRecords;
import dev.jbuild.engine.cache.FileManifests;
import dev.jbuild.engine.cache.ImportedRecords;
import dev.jbuild.engine.cache.MissReasons;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SolverTest {
  @TempDir Path folder;

  private final InFlight inFlight = new InFlight();
  private final List<BuildEvent> events = new CopyOnWriteArrayList<>();
  private final Toy toy = new Toy();
  private ImportedRecords imports = ImportedRecords.NONE;

  /** Operations whose result depends on a step's text, or on what {@link #output} says. */
  private static final class Toy implements Operations {
    final List<String> ran = new CopyOnWriteArrayList<>();
    final Map<String, String> output = new ConcurrentHashMap<>();
    final Map<String, Action> actions = new ConcurrentHashMap<>();
    final Set<DiffId> gone = ConcurrentHashMap.newKeySet();

    interface Action {
      void run() throws Exception;
    }

    @Override
    public CacheKey definitionKey(Vertex vertex, List<Digest> inputs) {
      CacheKey.Builder key = CacheKey.of("toy").add("text", text(vertex));
      for (int i = 0; i < inputs.size(); i++) {
        key.add("input " + i, inputs.get(i).toString());
      }
      return key.build();
    }

    @Override
    public CacheKey contentKey(Vertex vertex, List<Result> inputs) {
      return CacheKey.of("toy content")
          .add("text", text(vertex))
          .add("in", inputs.toString())
          .build();
    }

    @Override
    public List<StackLayer> execute(Vertex vertex, List<Result> inputs) throws Exception {
      ran.add(text(vertex));
      Action action = actions.get(text(vertex));
      if (action != null) {
        action.run();
      }
      List<StackLayer> layers = new ArrayList<>();
      if (inputs.getFirst() instanceof Result.Layers below) {
        layers.addAll(below.layers());
      }
      String content = output.getOrDefault(text(vertex), text(vertex));
      layers.add(new StackLayer(diffId(content), Instant.EPOCH));
      return layers;
    }

    @Override
    public boolean available(List<StackLayer> layers) {
      return layers.stream().noneMatch(layer -> gone.contains(layer.diffId()));
    }

    static String text(Vertex vertex) {
      return vertex.op() instanceof Op.MakeDirectory make ? make.path() : "scratch";
    }

    static DiffId diffId(String content) {
      return new DiffId(Digest.of(content.getBytes(StandardCharsets.UTF_8)));
    }
  }

  private static Vertex scratch() {
    return new Vertex(new Op.Scratch(), List.of(), new Step("0", "scratch", null), false);
  }

  private static Vertex step(String text, Vertex... inputs) {
    return step(text, false, inputs);
  }

  private static Vertex step(String text, boolean ignoreCache, Vertex... inputs) {
    return new Vertex(
        new Op.MakeDirectory(text, ""), List.of(inputs), new Step(text, text, null), ignoreCache);
  }

  private List<DiffId> solve(Vertex target) {
    CacheRecords records = new CacheRecords(folder.resolve("records"), Clock.systemUTC());
    MissReasons misses =
        new MissReasons(
            folder.resolve("steps"), records, imports, new FileManifests(folder.resolve("files")));
    try (BuildScope scope = new BuildScope(8)) {
      StepEvents told = new StepEvents(events::add, Clock.systemUTC());
      try {
        Result result =
            new Solver(scope, toy, records, imports, misses, inFlight, told).solve(target);
        return StackLayer.diffIds(((Result.Layers) result).layers());
      } catch (BuildFailure failure) {
        throw scope.cause(failure);
      }
    }
  }

  @Test
  void runsEachVertexOnceHoweverManyNeedIt() {
    Vertex shared = step("shared", scratch());
    solve(step("end", step("left", shared), step("right", shared)));
    assertThat(toy.ran).containsExactlyInAnyOrder("shared", "left", "right", "end");
  }

  @Test
  void secondBuildRunsNothingAndGivesTheSame() {
    List<DiffId> first = solve(step("b", step("a", scratch())));
    toy.ran.clear();
    assertThat(solve(step("b", step("a", scratch())))).isEqualTo(first);
    assertThat(toy.ran).isEmpty();
  }

  @Test
  void changedStepRunsAgainWithAllThatDependOnItAndNothingElse() {
    solve(step("end", step("left", scratch()), step("right", scratch())));
    toy.ran.clear();
    solve(step("end", step("LEFT", scratch()), step("right", scratch())));
    assertThat(toy.ran).containsExactly("LEFT", "end");
  }

  @Test
  void inputThatCameOutTheSameHitsByContent() {
    toy.output.put("a1", "same");
    toy.output.put("a2", "same");
    solve(step("end", step("a1", scratch())));
    toy.ran.clear();
    solve(step("end", step("a2", scratch())));
    assertThat(toy.ran).containsExactly("a2");
  }

  @Test
  void layerThatIsGoneIsMadeAgain() {
    solve(step("b", step("a", scratch())));
    toy.ran.clear();
    toy.gone.add(Toy.diffId("b"));
    solve(step("b", step("a", scratch())));
    assertThat(toy.ran).containsExactly("b");
  }

  @Test
  void stepWithoutCacheRunsAndItsUnchangedResultStillHitsBelow() {
    solve(step("b", step("a", scratch())));
    toy.ran.clear();
    solve(step("b", step("a", true, scratch())));
    assertThat(toy.ran).containsExactly("a");
  }

  @Test
  void independentStepsRunAtOnce() {
    CyclicBarrier both = new CyclicBarrier(2);
    toy.actions.put("left", () -> both.await(120, TimeUnit.SECONDS));
    toy.actions.put("right", () -> both.await(120, TimeUnit.SECONDS));
    solve(step("end", step("left", scratch()), step("right", scratch())));
    assertThat(toy.ran).contains("end");
  }

  @Test
  void firstFailureIsToldAndInterruptsTheRest() {
    CountDownLatch running = new CountDownLatch(1);
    AtomicInteger interrupted = new AtomicInteger();
    toy.actions.put(
        "slow",
        () -> {
          running.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.incrementAndGet();
            throw e;
          }
        });
    toy.actions.put(
        "bad",
        () -> {
          running.await();
          throw new BuildFailure(Kind.USER, "no");
        });
    assertThatThrownBy(() -> solve(step("end", step("slow", scratch()), step("bad", scratch()))))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("no");
    assertThat(interrupted).hasValue(1);
    assertThat(toy.ran).doesNotContain("end");
  }

  @Test
  void twoBuildsThatNeedTheSameStepRunItOnce() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    hold("shared", started, go);
    Thread first = Thread.startVirtualThread(() -> solve(step("shared", scratch())));
    started.await();
    Thread second = Thread.startVirtualThread(() -> solve(step("shared", scratch())));
    go.countDown();
    first.join();
    second.join();
    assertThat(toy.ran).containsExactly("shared");
  }

  @Test
  void stepThatAnotherBuildFinishedSinceTheCacheWasAskedIsNotRunAgain() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    hold("shared", started, go);
    CompletableFuture<Void> first =
        CompletableFuture.runAsync(
            () -> solve(step("shared", scratch())), Thread::startVirtualThread);
    started.await();
    AtomicInteger asked = new AtomicInteger();
    imports =
        new ImportedRecords() {
          // Asked after the store's own records, first by the definition key and then by content.
          @Override
          public Optional<CacheRecord> find(Digest key) {
            if (asked.incrementAndGet() == 2) {
              go.countDown();
              first.join();
            }
            return Optional.empty();
          }

          @Override
          public List<CacheRecord> ofStep(String stepId) {
            return List.of();
          }
        };
    solve(step("shared", scratch()));
    assertThat(asked).hasValue(2);
    assertThat(toy.ran).containsExactly("shared");
  }

  @Test
  void missIsExplainedByWhatChanged() {
    solve(step("a", scratch()));
    assertThat(reasons()).containsExactly("not built before");
    events.clear();
    Vertex renamed =
        new Vertex(
            new Op.MakeDirectory("b", ""), List.of(scratch()), new Step("a", "a", null), false);
    solve(renamed);
    assertThat(reasons()).containsExactly("text: a → b");
  }

  /** The step says that it runs, and ends when it is let go. */
  private void hold(String step, CountDownLatch started, CountDownLatch go) {
    toy.actions.put(
        step,
        () -> {
          started.countDown();
          go.await();
        });
  }

  private List<String> reasons() {
    return events.stream()
        .filter(BuildEvent.StepStarted.class::isInstance)
        .map(event -> ((BuildEvent.StepStarted) event).missReason().orElseThrow())
        .toList();
  }
}
