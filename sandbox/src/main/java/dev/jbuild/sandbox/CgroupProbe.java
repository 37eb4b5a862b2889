package dev.jbuild.sandbox;

import java.nio.file.Files;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which limits of a step can be held here, and what would let the others be. */
final class CgroupProbe {

  private static final String NAME = "cgroups";

  private CgroupProbe() {}

  /** For an executor that has namespaces; at tier C steps have no cgroups. */
  static Probe of(Cgroups machine, Privileges own) {
    if (machine.hierarchies().isEmpty()) {
      return limited(
          "none is mounted: limits of a step cannot be held",
          "mount -t cgroup2 cgroup2 /sys/fs/cgroup, as root of the machine");
    }
    List<String> held =
        Stream.of("memory", "pids", "cpu", "io", "blkio", "devices")
            .filter(controller -> held(machine, controller))
            .toList();
    List<String> lacking =
        Stream.of("memory", "pids", "cpu", "io")
            .filter(limit -> !held.contains(limit))
            .filter(limit -> !(limit.equals("io") && held.contains("blkio")))
            .toList();
    String version = version(machine);
    if (lacking.isEmpty()) {
      return new Probe(
          NAME, Probe.Verdict.GOOD, version + ", limits on " + String.join(", ", held), null);
    }
    boolean root = own.uid() == 0 && !own.userNamespace();
    boolean unified = machine.with("memory").map(Cgroups.Hierarchy::unified).orElse(true);
    if (machine.hierarchies().stream().noneMatch(h -> Files.isWritable(h.own()))) {
      return root
          ? limited(
              version + ", mounted read-only: limits of a step cannot be held",
              "mount -o remount,rw /sys/fs/cgroup, or docker run --privileged")
          : limited(
              version + ", nothing is delegated: limits of a step cannot be held",
              unified
                  ? "systemd-run --user --scope -p Delegate=yes jbuild …, or run as root"
                  : "run as root, or on a machine with cgroup version 2");
    }
    return limited(
        version
            + (held.isEmpty() ? "" : ", limits on " + String.join(", ", held))
            + ", none on "
            + String.join(", ", lacking),
        missingControllers(root, unified, lacking));
  }

  private static @Nullable String missingControllers(
      boolean root, boolean unified, List<String> lacking) {
    if (!unified) {
      return root ? null : "run as root, or on a machine with cgroup version 2";
    }
    return root
        ? "write "
            + lacking.stream().map(name -> "+" + name).collect(Collectors.joining(" "))
            + " to cgroup.subtree_control of the cgroup above"
        : "systemctl edit user@.service, with [Service] Delegate=cpu io memory pids, and log in"
            + " again";
  }

  private static boolean held(Cgroups machine, String controller) {
    return machine.with(controller).filter(h -> Files.isWritable(h.own())).isPresent();
  }

  private static String version(Cgroups machine) {
    boolean v1 = machine.hierarchies().stream().anyMatch(h -> !h.unified());
    return v1 ? (machine.unified().isPresent() ? "version 1 and 2" : "version 1") : "version 2";
  }

  private static Probe limited(String finding, @Nullable String fix) {
    return new Probe(NAME, Probe.Verdict.LIMITED, finding, fix);
  }
}
