package dev.jbuild.engine.graph;

import dev.jbuild.engine.event.Step;
import java.util.List;

/**
 * One operation and the vertices whose results it needs. Two vertices are the same only if they are
 * the same object.
 */
public final class Vertex {
  private final Op op;
  private final List<Vertex> inputs;
  private final Step step;
  private final boolean ignoreCache;

  /**
   * @param inputs in the order {@code op} documents
   * @param ignoreCache whether the step runs even when its result is known, as {@code --no-cache}
   */
  public Vertex(Op op, List<Vertex> inputs, Step step, boolean ignoreCache) {
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

  public boolean ignoreCache() {
    return ignoreCache;
  }

  @Override
  public String toString() {
    return step.name();
  }
}
