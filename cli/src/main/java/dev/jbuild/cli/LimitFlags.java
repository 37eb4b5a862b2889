package dev.jbuild.cli;

import dev.jbuild.sandbox.Limits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What each RUN step may use. */
final class LimitFlags {
  @Option(
      names = {"-m", "--memory"},
      paramLabel = "SIZE",
      description = "memory of a RUN step")
  @Nullable String memory;

  @Option(
      names = "--memory-swap",
      paramLabel = "SIZE",
      description = "memory and swap together; -1 for unlimited swap")
  @Nullable String memorySwap;

  @Option(names = "--cpus", paramLabel = "N", description = "CPUs' worth of time of a RUN step")
  @Nullable String cpus;

  @Option(names = "--pids-limit", paramLabel = "N", description = "processes of a RUN step at once")
  @Nullable String pids;

  @Option(names = "--ulimit", paramLabel = "NAME=SOFT[:HARD]", description = "a resource limit")
  List<String> ulimits = new ArrayList<>();

  @Option(names = "--shm-size", paramLabel = "SIZE", description = "size of /dev/shm")
  @Nullable String shm;

  @Option(
      names = "--cgroup-parent",
      paramLabel = "CGROUP",
      description = "the cgroup below which RUN steps get their own")
  @Nullable String cgroupParent;

  Limits limits() {
    return new Limits(
        memory == null
            ? OptionalLong.empty()
            : OptionalLong.of(Quantities.bytes("--memory", memory)),
        memorySwap == null
            ? OptionalLong.empty()
            : OptionalLong.of(
                memorySwap.equals("-1") ? -1 : Quantities.bytes("--memory-swap", memorySwap)),
        cpus == null ? OptionalDouble.empty() : OptionalDouble.of(Quantities.cpus("--cpus", cpus)),
        pids == null
            ? OptionalLong.empty()
            : OptionalLong.of(Quantities.whole("--pids-limit", pids)),
        OptionalInt.empty(),
        Map.of(),
        ulimitMap(),
        shm == null ? OptionalLong.empty() : OptionalLong.of(Quantities.bytes("--shm-size", shm)),
        Optional.ofNullable(cgroupParent));
  }

  private Map<String, Limits.Ulimit> ulimitMap() {
    Map<String, Limits.Ulimit> map = new LinkedHashMap<>();
    for (String text : ulimits) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw new UsageError("--ulimit \"" + text + "\" is not NAME=SOFT[:HARD]");
      }
      String[] values = text.substring(equals + 1).split(":", -1);
      if (values.length > 2) {
        throw new UsageError("--ulimit \"" + text + "\" has more than a soft and a hard value");
      }
      long soft = Quantities.whole("--ulimit", values[0]);
      long hard = values.length == 2 ? Quantities.whole("--ulimit", values[1]) : soft;
      if (hard != -1 && (soft == -1 || soft > hard)) {
        throw new UsageError("--ulimit \"" + text + "\": the soft value is above the hard value");
      }
      map.put(text.substring(0, equals), new Limits.Ulimit(soft, hard));
    }
    return map;
  }
}
