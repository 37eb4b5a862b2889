package dev.jbuild.engine.graph;

import dev.jbuild.engine.event.Step;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One operation and the vertices whose results it needs. Two vertices are the same only if they are
 * the same object.
 */
public final class Vertex {
  private final Op op;
  private final List<Vertex> inputs;
  private final Step step;
  private final boolean ignoreCache;
  private final @Nullable Supplier<Surroundings> surroundings;

  /**
   * @param inputs in the order {@code op} documents
   * @param ignoreCache whether the step runs even when its result is known, as {@code --no-cache}
   */
  public Vertex(Op op, List<Vertex> inputs, Step step, boolean ignoreCache) {
    this(op, inputs, step, ignoreCache, null);
  }

  /**
   * The same for an instruction of a stage.
   *
   * @param surroundings gives what a RUN in its place would see, the same each time; or null
   */
  public Vertex(
      Op op,
      List<Vertex> inputs,
      Step step,
      boolean ignoreCache,
      @Nullable Supplier<Surroundings> surroundings) {
    this.surroundings = surroundings;
    this.op = op;
    this.inputs = List.copyOf(inputs);
    this.step = step;
    this.ignoreCache = ignoreCache;
  }

  /** An empty root file system, which is no step of anyone's. */
  public static Vertex scratch() {
    return new Vertex(
        new Op.Scratch(), List.of(), new Step("scratch", "FROM scratch", null), false);
  }

  public Op op() {
    return op;
  }

  public List<Vertex> inputs() {
    return inputs;
  }

  public Step step() {
    return step;
  }

  /** What a RUN in the step's place sees; empty for what is no instruction. Costs its size. */
  public Optional<Surroundings> surroundings() {
    return Optional.ofNullable(surroundings).map(Supplier::get);
  }

  public boolean ignoreCache() {
    return ignoreCache;
  }

  @Override
  public String toString() {
    return step.name();
  }
}
