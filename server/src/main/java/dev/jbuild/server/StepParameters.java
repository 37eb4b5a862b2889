package dev.jbuild.server;

import dev.jbuild.engine.ExecutionOptions;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.sandbox.LimitFormat;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.sandbox.NetworkMode;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Those parameters of a build that say how its RUN steps run. */
final class StepParameters {
  /** Each may be given once. */
  static final Set<String> SINGLE =
      Set.of("network", "memory", "cpus", "pids-limit", "shm-size", "step-timeout");

  /** May be given for several names. */
  static final String ULIMIT = "ulimit";

  private static final LimitFormat FORMAT = new LimitFormat("");

  private StepParameters() {}

  static ExecutionOptions from(MultiMap query, StepBounds bounds) {
    Limits asked =
        new Limits(
            FORMAT.memory(query.get("memory")),
            OptionalLong.empty(),
            FORMAT.cpus(query.get("cpus")),
            FORMAT.pids(query.get("pids-limit")),
            OptionalInt.empty(),
            Map.of(),
            FORMAT.ulimits(query.getAll(ULIMIT)),
            FORMAT.shm(query.get("shm-size")),
            Optional.empty());
    return new ExecutionOptions(
        network(query.get("network")),
        Set.of(),
        List.of(),
        bounds.limits(asked),
        bounds.timeout(FORMAT.stepTimeout(query.get("step-timeout"))),
        Optional.empty(),
        false,
        ExecutionOptions.DEFAULT.parallel());
  }

  static NetworkMode network(@Nullable String name) {
    return switch (name == null ? "default" : name) {
      case "default", "host" -> NetworkMode.HOST;
      case "none" -> NetworkMode.NONE;
      case "private" -> NetworkMode.PRIVATE;
      default ->
          throw new BuildFailure(
              BuildFailure.Kind.USER,
              "network \"" + name + "\" is not default, host, none or private");
    };
  }
}
