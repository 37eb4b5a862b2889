package dev.jbuild.cli;

import dev.jbuild.sandbox.LimitFormat;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.server.StepBounds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the builds of a server may ask for at most. */
final class BoundFlags {
  private static final LimitFormat FORMAT = new LimitFormat("--max-");

  @Option(
      names = "--max-memory",
      paramLabel = "SIZE",
      description = "the most memory of a RUN step, and that of one whose build asks for none")
  @Nullable String memory;

  @Option(names = "--max-cpus", paramLabel = "N", description = "the same for CPUs")
  @Nullable String cpus;

  @Option(names = "--max-pids-limit", paramLabel = "N", description = "the same for processes")
  @Nullable String pids;

  @Option(
      names = "--max-shm-size",
      paramLabel = "SIZE",
      description = "the same for the size of /dev/shm")
  @Nullable String shm;

  @Option(
      names = "--max-ulimit",
      paramLabel = "NAME=SOFT[:HARD]",
      description = "the same for a resource limit")
  List<String> ulimits = new ArrayList<>();

  @Option(
      names = "--max-step-timeout",
      paramLabel = "DURATION",
      description = "the same for the time after which a RUN step is killed")
  @Nullable String timeout;

  StepBounds bounds() throws IOException {
    return UsageError.of(() ->
        new StepBounds(
            new Limits(
                FORMAT.memory(memory),
                OptionalLong.empty(),
                FORMAT.cpus(cpus),
                FORMAT.pids(pids),
                OptionalInt.empty(),
                Map.of(),
                FORMAT.ulimits(ulimits),
                FORMAT.shm(shm),
                Optional.empty()),
            FORMAT.stepTimeout(timeout)));
  }
}
