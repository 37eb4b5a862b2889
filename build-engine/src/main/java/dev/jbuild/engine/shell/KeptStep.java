package dev.jbuild.engine.shell;

import dev.jbuild.engine.graph.Mount;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Surroundings;
import dev.jbuild.oci.DiffId;
import dev.jbuild.sandbox.NetworkMode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A step that a shell can go to.
 *
 * @param id as {@link dev.jbuild.engine.event.Step#id}
 * @param name as shown in the progress
 * @param number as the progress numbers it, from 1
 * @param inputs numbers of the nodes that the step stands on, its root file system's first
 * @param result number of the node that is the state after the step
 * @param surroundings what a process sees
 * @param run what only a RUN has, or null
 * @param failure what became of a failed RUN, or null if the step did not fail
 */
public record KeptStep(
    String id,
    String name,
    int number,
    List<Integer> inputs,
    int result,
    Surroundings surroundings,
    @Nullable Run run,
    @Nullable Failure failure) {
  public KeptStep {
    inputs = List.copyOf(inputs);
  }

  /**
   * Of a RUN.
   *
   * @param script the file of a heredoc, or null
   */
  public record Run(
      NetworkMode network, boolean insecure, List<Mount> mounts, Op.@Nullable Script script) {
    public Run {
      mounts = List.copyOf(mounts);
    }
  }

  /**
   * How a step failed.
   *
   * @param layer what it changed until then, or null if that was not kept
   * @param why it was not kept; empty if it was
   */
  public record Failure(@Nullable DiffId layer, String why) {}

  public Optional<Run> asRun() {
    return Optional.ofNullable(run);
  }

  public Optional<Failure> failed() {
    return Optional.ofNullable(failure);
  }
}
