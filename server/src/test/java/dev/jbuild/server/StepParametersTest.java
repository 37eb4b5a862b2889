package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.ExecutionOptions;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.sandbox.NetworkMode;
import io.vertx.core.MultiMap;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StepParametersTest {
  private static final StepBounds BOUNDS =
      new StepBounds(
          new Limits(
              OptionalLong.of(64 << 20),
              OptionalLong.empty(),
              OptionalDouble.of(2),
              OptionalLong.of(100),
              OptionalInt.empty(),
              Map.of(),
              Map.of("nofile", new Limits.Ulimit(512, 1024)),
              OptionalLong.of(1 << 20),
              Optional.empty()),
          Optional.of(Duration.ofMinutes(10)));

  private static ExecutionOptions read(StepBounds bounds, String... pairs) {
    MultiMap query = MultiMap.caseInsensitiveMultiMap();
    for (String pair : pairs) {
      query.add(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    return BuildParameters.request(query, Path.of("context.tar"), bounds).execution();
  }

  @Test
  void stepsRunAsTheQuerySays() {
    ExecutionOptions options =
        read(
            StepBounds.NONE,
            "network=private",
            "memory=32m",
            "cpus=0.5",
            "pids-limit=50",
            "ulimit=nofile=10:20",
            "ulimit=core=0",
            "shm-size=8m",
            "step-timeout=90s");
    assertThat(options.network()).isEqualTo(NetworkMode.PRIVATE);
    assertThat(options.timeout()).contains(Duration.ofSeconds(90));
    assertThat(options.limits())
        .isEqualTo(
            new Limits(
                OptionalLong.of(32 << 20),
                OptionalLong.empty(),
                OptionalDouble.of(0.5),
                OptionalLong.of(50),
                OptionalInt.empty(),
                Map.of(),
                Map.of("nofile", new Limits.Ulimit(10, 20), "core", new Limits.Ulimit(0, 0)),
                OptionalLong.of(8 << 20),
                Optional.empty()));
    assertThat(read(StepBounds.NONE).limits()).isEqualTo(Limits.NONE);
  }

  @Test
  void whoAsksForNothingOrForNoLimitHasTheBounds() {
    assertThat(read(BOUNDS).limits()).isEqualTo(BOUNDS.most());
    assertThat(read(BOUNDS).timeout()).isEqualTo(BOUNDS.stepTimeout());
    assertThat(read(BOUNDS, "memory=0", "cpus=0", "pids-limit=-1", "shm-size=0").limits())
        .isEqualTo(BOUNDS.most());
  }

  @Test
  void lessThanTheBoundIsWhatWasAskedFor() {
    Limits limits =
        read(BOUNDS, "memory=64m", "cpus=2", "ulimit=nofile=5", "ulimit=core=1").limits();
    assertThat(limits.memoryBytes()).hasValue(64 << 20);
    assertThat(limits.ulimits())
        .isEqualTo(Map.of("nofile", new Limits.Ulimit(5, 5), "core", new Limits.Ulimit(1, 1)));
  }

  record Refused(String pair, String message) {}

  static List<Refused> refused() {
    return List.of(
        new Refused("memory=65m", "memory 68157440 is more than this server allows, 67108864"),
        new Refused("cpus=2.5", "cpus 2.5 is more than this server allows, 2.0"),
        new Refused("pids-limit=101", "pids-limit 101 is more than this server allows, 100"),
        new Refused("shm-size=2m", "shm-size 2097152 is more than this server allows, 1048576"),
        new Refused("step-timeout=11m", "step-timeout 660s is more than this server allows, 600s"),
        new Refused("ulimit=nofile=5:-1", "ulimit nofile -1 is more than this server allows, 1024"),
        new Refused("network=moon", "network \"moon\" is not default, host, none or private"),
        new Refused("memory=lots", "memory \"lots\" is not a size"),
        new Refused("memory=1k", "a memory limit of 1024 bytes is below the least, 6 MiB"),
        new Refused("blkio-weight=10", "unknown parameter \"blkio-weight\""));
  }

  @ParameterizedTest
  @MethodSource
  void refused(Refused row) {
    assertThatThrownBy(() -> read(BOUNDS, row.pair))
        .isInstanceOf(BuildFailure.class)
        .hasMessage(row.message);
  }

  @Test
  void limitGivenTwiceIsRefused() {
    assertThatThrownBy(() -> read(StepBounds.NONE, "memory=64m", "memory=32m"))
        .hasMessage("\"memory\" is given more than once");
  }
}
