package dev.jbuild.engine.solve;

import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.CacheRecord;
import dev.jbuild.engine.cache.CacheRecords;
import dev.jbuild.engine.cache.ImportedRecords;
import dev.jbuild.engine.cache.MissReasons;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.image.BaseImage;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;

/**
 * Finds or makes the results of one build's graphs, of which it has one a platform.
 *
 * <p>It works backwards from the target. For a vertex, in this order:
 *
 * <ol>
 *   <li><em>Definition key</em>: computed from the step and its inputs' definition keys alone. On a
 *       hit nothing above the vertex is looked at, run or pulled.
 *   <li>The inputs' results, all at once.
 *   <li><em>Content key</em>: computed from what the inputs hold. It hits when a rebuilt input came
 *       out the same, and then the result is remembered under the definition key too.
 *   <li>The operation itself, unless another build in this process is just making it.
 * </ol>
 *
 * A vertex that ignores the cache, and whatever depends on one, has no usable definition key: its
 * inputs must be made anew before anything can be known. Below such a vertex the content key still
 * serves.
 *
 * <p>Under each key this store's own records are asked first, and then the imported ones; what was
 * found there is remembered here.
 *
 * <p>Each vertex is solved once per build, however many need it. Safe for use by many threads.
 */
public final class Solver {
  private static final String LOCAL = "local";
  private static final String ALREADY = "the same step has just run";

  private final BuildScope scope;
  private final Operations operations;
  private final CacheRecords records;
  private final ImportedRecords imports;
  private final MissReasons misses;
  private final InFlight inFlight;
  private final StepEvents events;
  private final Map<Vertex, CompletableFuture<CacheKey>> definitionKeys = new ConcurrentHashMap<>();
  private final Map<Vertex, CompletableFuture<Result>> results = new ConcurrentHashMap<>();
  private final Map<Vertex, Boolean> fresh = new ConcurrentHashMap<>();
  private final Map<Vertex, CacheRecord> made = new ConcurrentHashMap<>();

  /** What this build executed, by content key. */
  private final Map<Digest, List<StackLayer>> executed = new ConcurrentHashMap<>();

  public Solver(
      BuildScope scope,
      Operations operations,
      CacheRecords records,
      ImportedRecords imports,
      MissReasons misses,
      InFlight inFlight,
      StepEvents events) {
    this.scope = scope;
    this.operations = operations;
    this.records = records;
    this.imports = imports;
    this.misses = misses;
    this.inFlight = inFlight;
    this.events = events;
  }

  /** Begins to solve a vertex, for a caller that wants the results of several. */
  public void start(Vertex vertex) {
    Future<Result> _ = future(vertex);
  }

  /** The result of a vertex; blocks until there is one. */
  public Result solve(Vertex vertex) {
    return scope.join(future(vertex));
  }

  private Future<Result> future(Vertex vertex) {
    return once(results, vertex, () -> evaluate(vertex));
  }

  private Result evaluate(Vertex vertex) throws Exception {
    return switch (vertex.op()) {
      case Op.Scratch scratch -> new Result.Layers(List.of());
      case Op.Context context -> new Result.Files(context.name());
      case Op.Http http -> new Result.Files(http.contextName());
      case Op.Git git -> new Result.Files(git.contextName());
      case Op.Image image -> {
        // Known since the plan was made; layers come when something reads them.
        events.cached(vertex.step(), "store");
        yield new Result.Layers(base(image.image()));
      }
      case Op.Merge merge -> merge(vertex);
      case Op.Run run -> make(vertex);
      case Op.Copy copy -> make(vertex);
      case Op.MakeDirectory make -> make(vertex);
    };
  }

  private static List<StackLayer> base(BaseImage image) {
    return image.config().diffIds().stream().map(id -> new StackLayer(id, null)).toList();
  }

  /** Costs nothing, so there is nothing to remember. */
  private Result merge(Vertex vertex) {
    List<Future<Result>> pending = new ArrayList<>();
    for (Vertex input : vertex.inputs()) {
      pending.add(future(input));
    }
    List<StackLayer> layers = new ArrayList<>();
    for (Result result : scope.joinAll(pending)) {
      if (result instanceof Result.Layers some) {
        layers.addAll(some.layers());
      }
    }
    return new Result.Layers(layers);
  }

  private Result make(Vertex vertex) throws Exception {
    CacheKey definition = scope.join(definitionKey(vertex));
    boolean mustRun = vertex.ignoreCache();
    if (!mustRun && !dependsOnFresh(vertex)) {
      Optional<Hit> hit = lookUp(definition);
      if (hit.isPresent()) {
        CacheRecord known = hit.get().record();
        misses.remember(vertex.step().id(), definition);
        made.put(vertex, known);
        cachedWithInputs(vertex, hit.get().from());
        return new Result.Layers(known.layers());
      }
    }
    List<Future<Result>> pending = new ArrayList<>();
    for (Vertex input : vertex.inputs()) {
      pending.add(future(input));
    }
    List<Result> inputs = scope.joinAll(pending);
    CacheKey content = operations.contentKey(vertex, inputs);
    if (!mustRun) {
      Optional<Hit> hit = lookUp(content);
      if (hit.isPresent()) {
        CacheRecord known = hit.get().record().under(definition);
        records.put(known);
        misses.remember(vertex.step().id(), definition);
        made.put(vertex, known);
        String from = hit.get().from();
        events.cached(
            vertex.step(), "same input content" + (from.equals(LOCAL) ? "" : ", " + from));
        return new Result.Layers(known.layers());
      }
    }
    String reason =
        mustRun ? "the cache is not used" : misses.explain(vertex.step().id(), definition);
    InFlight.Outcome outcome =
        inFlight.run(content.digest(), () -> executeOnce(vertex, inputs, reason, content, mustRun));
    if (!outcome.ran()) {
      events.cached(vertex.step(), ALREADY);
    }
    CacheRecord known = CacheRecord.of(definition, outcome.layers(), content.digest());
    records.put(known);
    misses.remember(vertex.step().id(), definition);
    made.put(vertex, known);
    return new Result.Layers(outcome.layers());
  }

  /**
   * What is known of a vertex's result after the target was solved, be it that the build needed it
   * or that a later step's result was found without. Empty for what has no record: images, contexts
   * and what lies below them.
   */
  public Optional<CacheRecord> outcome(Vertex vertex) throws IOException {
    CacheRecord known = made.get(vertex);
    if (known != null) {
      return Optional.of(known);
    }
    return switch (vertex.op()) {
      case Op.Run run -> lookUp(scope.join(definitionKey(vertex))).map(Hit::record);
      case Op.Copy copy -> lookUp(scope.join(definitionKey(vertex))).map(Hit::record);
      case Op.MakeDirectory make -> lookUp(scope.join(definitionKey(vertex))).map(Hit::record);
      case Op.Scratch scratch -> Optional.empty();
      case Op.Context context -> Optional.empty();
      case Op.Http http -> Optional.empty();
      case Op.Git git -> Optional.empty();
      case Op.Image image -> Optional.empty();
      case Op.Merge merge -> Optional.empty();
    };
  }

  /**
   * Also of a build that uses no cache, a step that several platforms have in common runs once. And
   * what another build was making when the cache was asked may be done by now, its place in {@link
   * InFlight} empty again: so the store's own records are asked once more, by whoever holds that
   * place.
   */
  private List<StackLayer> executeOnce(
      Vertex vertex, List<Result> inputs, String reason, CacheKey content, boolean mustRun)
      throws Exception {
    List<StackLayer> known = executed.get(content.digest());
    if (known == null && !mustRun) {
      known =
          records
              .find(content.digest())
              .map(CacheRecord::layers)
              .filter(operations::available)
              .orElse(null);
    }
    if (known != null) {
      events.cached(vertex.step(), ALREADY);
      return known;
    }
    List<StackLayer> layers = execute(vertex, inputs, reason, content);
    executed.put(content.digest(), layers);
    return layers;
  }

  private List<StackLayer> execute(
      Vertex vertex, List<Result> inputs, String reason, CacheKey content) throws Exception {
    return scope.work(() -> {
      events.started(vertex.step(), reason);
      try {
        List<StackLayer> layers = operations.execute(vertex, inputs);
        records.put(CacheRecord.of(content, layers, content.digest()));
        events.finished(vertex.step());
        return layers;
      } catch (Exception | Error failure) {
        events.failed(vertex.step(), BuildScope.asFailure(failure));
        throw failure;
      }
    });
  }

  /**
   * The key under which a vertex's result is remembered, if the build came to know it. Waits for
   * nothing, and serves after a failure too.
   */
  public Optional<Digest> knownKey(Vertex vertex) {
    CompletableFuture<CacheKey> key = definitionKeys.get(vertex);
    return key == null || !key.isDone() || key.isCompletedExceptionally()
        ? Optional.empty()
        : Optional.of(key.join().digest());
  }

  /** The steps above a hit were not needed; a person wants to see them as cached nonetheless. */
  private void cachedWithInputs(Vertex vertex, String from) {
    for (Vertex input : vertex.inputs()) {
      if (!results.containsKey(input)) {
        cachedWithInputs(input, from);
      }
    }
    if (vertex.step().source().isPresent()) {
      events.cached(vertex.step(), from);
    }
  }

  /**
   * A record that was found.
   *
   * @param from where, in words
   */
  private record Hit(CacheRecord record, String from) {}

  private Optional<Hit> lookUp(CacheKey key) throws IOException {
    Optional<CacheRecord> own = records.find(key.digest());
    if (own.isPresent()) {
      if (operations.available(own.get().layers())) {
        String origin = own.get().origin();
        String from = origin.isEmpty() ? LOCAL : LOCAL + ", imported earlier from " + origin;
        return Optional.of(new Hit(own.get(), from));
      }
      records.remove(key.digest());
    }
    Optional<CacheRecord> imported = imports.find(key.digest()).map(found -> found.under(key));
    if (imported.isEmpty() || !operations.available(imported.get().layers())) {
      return Optional.empty();
    }
    records.put(imported.get());
    return Optional.of(new Hit(imported.get(), "imported from " + imported.get().origin()));
  }

  private boolean dependsOnFresh(Vertex vertex) {
    Boolean known = fresh.get(vertex);
    if (known == null) {
      known = false;
      for (Vertex input : vertex.inputs()) {
        known |= input.ignoreCache() || dependsOnFresh(input);
      }
      fresh.put(vertex, known);
    }
    return known;
  }

  private Future<CacheKey> definitionKey(Vertex vertex) {
    return once(
        definitionKeys,
        vertex,
        () -> {
          List<Future<CacheKey>> pending = new ArrayList<>();
          for (Vertex input : vertex.inputs()) {
            pending.add(definitionKey(input));
          }
          List<Digest> inputs = scope.joinAll(pending).stream().map(CacheKey::digest).toList();
          return operations.definitionKey(vertex, inputs);
        });
  }

  /** Starts the task the first time a vertex is asked for; everyone else waits for that one. */
  private <T> Future<T> once(
      Map<Vertex, CompletableFuture<T>> memory,
      Vertex vertex,
      java.util.concurrent.Callable<T> task) {
    CompletableFuture<T> mine = new CompletableFuture<>();
    CompletableFuture<T> other = memory.putIfAbsent(vertex, mine);
    if (other != null) {
      return other;
    }
    // Its failure ends the scope, and reaches those who wait through "mine".
    Future<?> _ =
        scope.fork(() -> {
          try {
            mine.complete(task.call());
          } catch (Throwable failure) {
            mine.completeExceptionally(failure);
            throw failure;
          }
          return true;
        });
    return mine;
  }
}
