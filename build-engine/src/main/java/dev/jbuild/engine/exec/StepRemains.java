package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Surroundings;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.plan.Plan;
import dev.jbuild.engine.shell.KeptBuild;
import dev.jbuild.engine.shell.KeptExecution;
import dev.jbuild.engine.shell.KeptNode;
import dev.jbuild.engine.shell.KeptStep;
import dev.jbuild.engine.solve.Solver;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.DiffId;
import dev.jbuild.sandbox.Isolation;
import dev.jbuild.sandbox.Sandbox;
import dev.jbuild.sandbox.SeccompProfile;
import dev.jbuild.snapshot.ActiveSnapshot;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What one build leaves for {@code jbuild shell}: where the layers after each step are, and, of a
 * RUN that failed, what it had changed, as a layer of its own that no image and no cache record
 * names. Safe for use by many threads.
 */
final class StepRemains {
  private static final String NOT_ASKED =
      "it is kept by \"jbuild build\" only: not by a server, and not by the executor";

  private final Store store;
  private final BuildRequest request;
  private final String hostname;
  private final Map<String, KeptStep.Failure> failures = new ConcurrentHashMap<>();
  private volatile @Nullable Sandbox sandbox;

  StepRemains(Store store, BuildRequest request, String hostname) {
    this.store = store;
    this.request = request;
    this.hostname = hostname;
  }

  /** Takes note of what holds the build's steps. */
  void runIn(Sandbox used) {
    sandbox = used;
  }

  /**
   * Keeps what a failed RUN left. Never fails: the step's own failure is what counts. A layer that
   * holds the value of a secret is named nowhere, so that the collector takes it.
   *
   * @return whether it is kept
   */
  boolean failed(Op.Run run, Step step, ActiveSnapshot snapshot) {
    KeptStep.Failure failure = request.keepFailed() ? keep(run, snapshot) : notKept(NOT_ASKED);
    failures.put(step.id(), failure);
    return failure.layer() != null;
  }

  private KeptStep.Failure keep(Op.Run run, ActiveSnapshot snapshot) {
    try {
      DiffId layer = snapshot.commit().diffId();
      new SecretCheck(request).layer(run.mounts(), layer, store);
      return new KeptStep.Failure(layer, "");
    } catch (BuildFailure e) {
      return notKept(e.text());
    } catch (IOException e) {
      return notKept(e.getMessage() == null ? e.toString() : e.getMessage());
    }
  }

  private static KeptStep.Failure notKept(String why) {
    return new KeptStep.Failure(null, why);
  }

  /**
   * Writes it down, in place of what the build before left.
   *
   * @param solver of the plans; null if the build did not come to it
   * @param numbers of the steps in the progress
   */
  void save(
      Path directory,
      String buildId,
      List<Plan> plans,
      @Nullable Solver solver,
      ToIntFunction<Step> numbers) {
    List<KeptNode> nodes = new ArrayList<>();
    Map<String, KeptStep> byId = new HashMap<>();
    if (solver != null) {
      Set<String> planned = new HashSet<>();
      plans.forEach(plan -> plan.steps().forEach(step -> planned.add(step.id())));
      Walk walk = new Walk(solver, nodes, byId, planned, numbers);
      plans.forEach(plan -> walk.add(plan.rootfs()));
    }
    List<KeptStep> steps =
        byId.values().stream().sorted(Comparator.comparingInt(KeptStep::number)).toList();
    try {
      new KeptBuild(buildId, execution(), nodes, steps).save(directory);
    } catch (IOException e) {
      // Nothing but a shell is lost; the build's own outcome is what the caller must hear.
    }
  }

  private KeptExecution execution() {
    Sandbox used = sandbox;
    return new KeptExecution(
        used == null ? "" : used.isolation().flag(),
        used == null || used.isolation() != Isolation.OCI ? "" : used.ociRuntime().orElse(""),
        hostname,
        request.execution().extraHosts(),
        request.execution().limits(),
        request.execution().seccomp().map(SeccompProfile::json),
        request.execution().noNewPrivileges());
  }

  /** One plan's graph, inputs first. */
  private final class Walk {
    private final Solver solver;
    private final List<KeptNode> nodes;
    private final Map<String, KeptStep> steps;
    private final Set<String> planned;
    private final ToIntFunction<Step> numbers;
    private final Map<Vertex, Integer> known = new HashMap<>();

    Walk(
        Solver solver,
        List<KeptNode> nodes,
        Map<String, KeptStep> steps,
        Set<String> planned,
        ToIntFunction<Step> numbers) {
      this.solver = solver;
      this.nodes = nodes;
      this.steps = steps;
      this.planned = planned;
      this.numbers = numbers;
    }

    int add(Vertex vertex) {
      Integer before = known.get(vertex);
      if (before != null) {
        return before;
      }
      List<Integer> inputs = new ArrayList<>();
      vertex.inputs().forEach(input -> inputs.add(add(input)));
      nodes.add(
          switch (vertex.op()) {
            case Op.Scratch _ -> new KeptNode.Layers(List.of());
            case Op.Image(var image) -> new KeptNode.Layers(image.config().diffIds());
            case Op.Merge _ -> new KeptNode.Stack(inputs);
            case Op.Run _, Op.Copy _, Op.MakeDirectory _ ->
                solver
                    .knownKey(vertex)
                    .<KeptNode>map(KeptNode.Key::new)
                    .orElse(new KeptNode.Unknown());
            case Op.Context _, Op.Http _, Op.Git _ -> new KeptNode.Unknown();
          });
      int number = nodes.size() - 1;
      known.put(vertex, number);
      vertex.surroundings().ifPresent(seen -> step(vertex, seen, inputs, number));
      return number;
    }

    private void step(Vertex vertex, Surroundings seen, List<Integer> inputs, int number) {
      Step step = vertex.step();
      Op.Run run = vertex.op() instanceof Op.Run its ? its : null;
      KeptStep.Failure failure = run == null ? null : failures.get(step.id());
      if (!planned.contains(step.id()) || (steps.containsKey(step.id()) && failure == null)) {
        return;
      }
      steps.put(
          step.id(),
          new KeptStep(
              step.id(),
              step.name(),
              numbers.applyAsInt(step),
              inputs,
              number,
              seen,
              run == null
                  ? null
                  : new KeptStep.Run(run.network(), run.insecure(), run.mounts(), run.script()),
              failure));
    }
  }
}
