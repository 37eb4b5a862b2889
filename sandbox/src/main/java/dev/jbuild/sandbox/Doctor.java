package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What this machine can do for steps, found by trying rather than by guessing where trying is
 * cheap. Each probe is independent and takes some milliseconds.
 */
public final class Doctor {

  private Doctor() {}

  /**
   * All probes, in the order of the report.
   *
   * @param store where layers are to be; it need not be there yet. Where something has to be tried
   *     on a file system, that is the one
   */
  public static List<Probe> examine(Path store) {
    Privileges own = Privileges.own();
    Path place = existing(store);
    List<Probe> probes = new ArrayList<>();
    probes.add(KernelProbes.kernel());
    probes.add(PrivilegeProbes.privileges(own));
    probes.add(PrivilegeProbes.userNamespaces());
    probes.add(PrivilegeProbes.subordinateIds(own));
    probes.add(StoreProbes.store(own, place));
    probes.add(PrivilegeProbes.remap(own, place));
    probes.add(StoreProbes.overlay(own, place));
    probes.add(cgroups(own));
    probes.add(KernelProbes.seccomp());
    probes.add(KernelProbes.landlock());
    probes.add(KernelProbes.openat2());
    probes.add(StoreProbes.reflink(place));
    probes.add(KernelProbes.foreignPlatforms());
    probes.add(OciRuntimes.probe(own));
    probes.add(privateNetwork(own));
    probes.add(tier(store));
    return List.copyOf(probes);
  }

  /** The directory, or the nearest one above it that exists. */
  static Path existing(Path store) {
    Path place = store.toAbsolutePath().normalize();
    while (!Files.isDirectory(place) && place.getParent() != null) {
      place = place.getParent();
    }
    return place;
  }

  private static Probe cgroups(Privileges own) {
    if (own.isRootWithoutMounts()) {
      return Probe.limited(
          "cgroups",
          "steps have the container's limits and none of their own",
          PrivilegeProbes.ROOT_FIX);
    }
    return CgroupProbe.of(Cgroups.detect(), own);
  }

  private static Probe privateNetwork(Privileges own) {
    if (own.isRootWithoutMounts()) {
      return Probe.limited(
          "private-network", "steps have the container's network", PrivilegeProbes.ROOT_FIX);
    }
    return PrivateNetwork.program()
        .map(p -> Probe.good("private-network", p.toString()))
        .orElse(
            Probe.limited(
                "private-network", "no slirp4netns, no pasta", "apt install slirp4netns"));
  }

  private static Probe tier(Path store) {
    try {
      Sandbox chosen = Sandbox.select(Isolation.AUTO, Optional.empty()).on(store);
      return Probe.good(
          "tier", chosen.tier() + " (" + chosen.launcher().describe() + "): " + chosen.reason());
    } catch (BuildFailure e) {
      return Probe.missing("tier", e.text(), e.hint().orElse(null));
    }
  }

  /**
   * Runs a step that shows what a RUN gets: namespaces, cgroups, capabilities, filter, mounts,
   * limits.
   *
   * @param store where layers are to be; it need not be there yet
   * @return lines as the kernel writes them
   * @throws BuildFailure if the launcher cannot run a step
   */
  public static String inspect(Launcher launcher, Path store) {
    return Trial.run(launcher, !(launcher instanceof ChrootLauncher), existing(store));
  }
}
