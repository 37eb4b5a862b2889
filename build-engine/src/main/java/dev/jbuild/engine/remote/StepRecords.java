package dev.jbuild.engine.remote;

import dev.jbuild.engine.cache.CacheRecord;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.solve.Solver;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the records of a solved graph that a shared cache gets: inputs before what is made of
 * them, so equal builds give equal lists. Used by one thread.
 */
public final class StepRecords {
  private final Solver solver;
  private final boolean everyStep;
  private final @Nullable Instant latest;
  private final Set<Vertex> seen = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<CacheDocument.Entry> entries = new ArrayList<>();

  private StepRecords(Solver solver, boolean everyStep, @Nullable Instant latest) {
    this.solver = solver;
    this.everyStep = everyStep;
    this.latest = latest;
  }

  /**
   * The records of the steps that a target needs.
   *
   * @param everyStep whether those count whose layers the target does not have
   * @param latest no layer is said to be made later; null for no limit
   */
  public static List<CacheDocument.Entry> of(
      Solver solver, Vertex target, boolean everyStep, @Nullable Instant latest)
      throws IOException {
    StepRecords records = new StepRecords(solver, everyStep, latest);
    records.visit(target);
    return List.copyOf(records.entries);
  }

  private void visit(Vertex vertex) throws IOException {
    if (!seen.add(vertex)) {
      return;
    }
    boolean all = everyStep || vertex.op() instanceof Op.Merge;
    List<Vertex> inputs = vertex.inputs();
    for (Vertex input : all || inputs.isEmpty() ? inputs : inputs.subList(0, 1)) {
      visit(input);
    }
    Optional<CacheRecord> record = solver.outcome(vertex);
    if (record.isPresent()) {
      entries.add(new CacheDocument.Entry(vertex.step().id(), limited(record.get())));
    }
  }

  private CacheRecord limited(CacheRecord record) {
    Instant limit = latest;
    if (limit == null) {
      return record;
    }
    List<StackLayer> layers = new ArrayList<>();
    for (StackLayer layer : record.layers()) {
      boolean late = layer.madeAt().map(limit::isBefore).orElse(false);
      layers.add(late ? new StackLayer(layer.diffId(), limit) : layer);
    }
    return new CacheRecord(
        record.key(), record.fields(), layers, record.contentKey(), record.origin());
  }
}
