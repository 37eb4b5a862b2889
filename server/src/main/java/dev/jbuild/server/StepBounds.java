package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.sandbox.Limits;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a build may ask for at most, for each of its RUN steps. A build that asks for nothing has
 * the bound, so that a bound is never evaded by silence; one that asks for more is refused.
 *
 * @param most bounds of memory, CPUs, processes and /dev/shm, and of ulimits, whose hard values
 *     count; nothing else is looked at
 * @param stepTimeout the longest time that a step may run
 */
public record StepBounds(Limits most, Optional<Duration> stepTimeout) {

  /** No bound. */
  public static final StepBounds NONE = new StepBounds(Limits.NONE, Optional.empty());

  /**
   * What a build gets.
   *
   * @throws BuildFailure of kind {@code USER} for more than a bound
   */
  Limits limits(Limits asked) {
    return new Limits(
        bound("memory", asked.memoryBytes(), most.memoryBytes()),
        asked.memorySwapBytes(),
        cpus(asked.cpus()),
        bound("pids-limit", asked.pids(), most.pids()),
        asked.ioWeight(),
        asked.ioBandwidth(),
        ulimits(asked.ulimits()),
        bound("shm-size", asked.shmBytes(), most.shmBytes()),
        asked.cgroupParent());
  }

  /** The same for the time of a step. */
  Optional<Duration> timeout(Optional<Duration> asked) {
    if (asked.isPresent()
        && stepTimeout.isPresent()
        && asked.get().compareTo(stepTimeout.get()) > 0) {
      throw above(
          "step-timeout", asked.get().toSeconds() + "s", stepTimeout.get().toSeconds() + "s");
    }
    return asked.or(() -> stepTimeout);
  }

  private static OptionalLong bound(String name, OptionalLong asked, OptionalLong most) {
    if (asked.isPresent() && most.isPresent() && asked.getAsLong() > most.getAsLong()) {
      throw above(name, Long.toString(asked.getAsLong()), Long.toString(most.getAsLong()));
    }
    return asked.isPresent() ? asked : most;
  }

  private OptionalDouble cpus(OptionalDouble asked) {
    OptionalDouble bound = most.cpus();
    if (asked.isPresent() && bound.isPresent() && asked.getAsDouble() > bound.getAsDouble()) {
      throw above(
          "cpus", Double.toString(asked.getAsDouble()), Double.toString(bound.getAsDouble()));
    }
    return asked.isPresent() ? asked : bound;
  }

  private Map<String, Limits.Ulimit> ulimits(Map<String, Limits.Ulimit> asked) {
    Map<String, Limits.Ulimit> all = new LinkedHashMap<>(most.ulimits());
    asked.forEach((name, value) -> {
      Limits.Ulimit bound = most.ulimits().get(name);
      // -1, no limit, is the largest as an unsigned number
      if (bound != null && Long.compareUnsigned(value.hard(), bound.hard()) > 0) {
        throw above("ulimit " + name, Long.toString(value.hard()), Long.toString(bound.hard()));
      }
      all.put(name, value);
    });
    return all;
  }

  private static BuildFailure above(String name, String asked, String most) {
    return new BuildFailure(
        BuildFailure.Kind.USER, name + " " + asked + " is more than this server allows, " + most);
  }
}
