package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LimitFormatTest {
  private static final LimitFormat FORMAT = new LimitFormat("--");

  @Test
  void sizesAreInPowersOf1024() {
    assertThat(FORMAT.memory("512m")).hasValue(512L << 20);
    assertThat(FORMAT.memory("1.5GiB")).hasValue(3L << 29);
    assertThat(FORMAT.shm("8192")).hasValue(8192);
    assertThat(FORMAT.memorySwap("-1")).hasValue(-1);
    assertThat(FORMAT.cpus(".5")).hasValue(0.5);
    assertThat(FORMAT.stepTimeout("1h30m")).contains(Duration.ofMinutes(90));
    assertThat(FORMAT.ulimits(List.of("nofile=10:-1", "core=-1")))
        .isEqualTo(Map.of("nofile", new Limits.Ulimit(10, -1), "core", new Limits.Ulimit(-1, -1)));
  }

  @Test
  void zeroIsNoLimit() {
    assertThat(FORMAT.memory("0")).isEmpty();
    assertThat(FORMAT.memorySwap("0")).isEmpty();
    assertThat(FORMAT.cpus("0")).isEmpty();
    assertThat(FORMAT.pids("0")).isEmpty();
    assertThat(FORMAT.pids("-1")).isEmpty();
    assertThat(FORMAT.blockIoWeight("0")).isEmpty();
    assertThat(FORMAT.shm("0")).isEmpty();
    assertThat(FORMAT.memory(null)).isEmpty();
  }

  record Wrong(String name, Function<String, Object> reading, String text, String message) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Wrong> wrong() {
    return List.of(
        new Wrong("size", FORMAT::memory, "lots", "--memory \"lots\" is not a size"),
        new Wrong(
            "share", FORMAT::cpus, "0.001", "--cpus \"0.001\" is not a number of CPUs from 0.01"),
        new Wrong(
            "no number", FORMAT::cpus, "NaN", "--cpus \"NaN\" is not a number of CPUs from 0.01"),
        new Wrong(
            "weight",
            FORMAT::blockIoWeight,
            "9",
            "--blkio-weight \"9\" is not a number from 10 to 1000"),
        new Wrong(
            "time", FORMAT::stepTimeout, "10", "--step-timeout \"10\" is not a time above zero"),
        new Wrong(
            "ulimit",
            t -> FORMAT.ulimits(List.of(t)),
            "nofile=-2",
            "--ulimit \"nofile=-2\": a value is -1 for no limit, 0, or above"));
  }

  @ParameterizedTest
  @MethodSource
  void wrong(Wrong row) {
    assertThatThrownBy(() -> row.reading.apply(row.text))
        .isInstanceOf(BuildFailure.class)
        .hasMessage(row.message);
  }

  private static void limits(OptionalLong memory, OptionalLong swap, OptionalLong pids) {
    Limits none = Limits.NONE;
    Limits made =
        new Limits(
            memory,
            swap,
            none.cpus(),
            pids,
            none.ioWeight(),
            Map.of(),
            Map.of(),
            none.shmBytes(),
            Optional.empty());
    assertThat(made.needCgroup()).isTrue();
  }

  @Test
  void whatNoKernelCanHoldIsRefused() {
    OptionalLong none = OptionalLong.empty();
    assertThatThrownBy(() -> limits(OptionalLong.of(4096), none, none))
        .hasMessage("a memory limit of 4096 bytes is below the least, 6 MiB");
    assertThatThrownBy(() -> limits(none, OptionalLong.of(64 << 20), none))
        .hasMessage("a limit on memory and swap together needs one on memory");
    assertThatThrownBy(() -> limits(OptionalLong.of(100 << 20), OptionalLong.of(50 << 20), none))
        .hasMessage(
            "the limit on memory and swap together, 50 MiB, is below that on memory alone, 100"
                + " MiB");
    assertThatThrownBy(() -> limits(none, none, OptionalLong.of(1)))
        .hasMessage("a limit of 1 processes leaves a step none");
    limits(OptionalLong.of(6 << 20), OptionalLong.of(6 << 20), OptionalLong.of(2));
    limits(none, OptionalLong.of(-1), none);
  }
}
