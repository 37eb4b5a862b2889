package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What this machine can do for steps, found by trying rather than by guessing where trying is
 * cheap. Each probe is independent and takes some milliseconds.
 */
public final class Doctor {

  private static final String SUBUID_FIX =
      "apt install uidmap, then: usermod --add-subuids 100000-165535 --add-subgids 100000-165535"
          + " $USER";

  private static final String ROOT_FIX =
      "docker run --privileged, or securityContext.privileged: true";

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
    probes.add(kernel());
    probes.add(privileges(own));
    probes.add(userNamespaces());
    probes.add(subordinateIds(own));
    probes.add(store(own, place));
    probes.add(remap(own, place));
    probes.add(overlay(own, place));
    probes.add(cgroups(own));
    probes.add(seccomp());
    probes.add(landlock());
    probes.add(openat2());
    probes.add(reflink(place));
    probes.add(binfmt());
    probes.add(runtimes());
    probes.add(privateNetwork(own));
    probes.add(tier(store));
    return List.copyOf(probes);
  }

  private static Probe good(String name, String finding) {
    return new Probe(name, Probe.Verdict.GOOD, finding, null);
  }

  private static Probe limited(String name, String finding, @Nullable String fix) {
    return new Probe(name, Probe.Verdict.LIMITED, finding, fix);
  }

  private static Probe missing(String name, String finding, @Nullable String fix) {
    return new Probe(name, Probe.Verdict.MISSING, finding, fix);
  }

  /** The directory, or the nearest one above it that exists. */
  static Path existing(Path store) {
    Path place = store.toAbsolutePath().normalize();
    while (!Files.isDirectory(place) && place.getParent() != null) {
      place = place.getParent();
    }
    return place;
  }

  /** Whether steps are run at tier C: by root without namespaces. */
  private static boolean plain(Privileges own) {
    return own.uid() == 0 && !own.has("CAP_SYS_ADMIN");
  }

  private static Probe store(Privileges own, Path place) {
    String type;
    try {
      FileStore files = Files.getFileStore(place);
      type = place + " is on " + files.type() + ", " + (files.getUsableSpace() >> 30) + " GiB free";
      if (plain(own)) { // elsewhere a step's root is a mount of its own
        ExecutableMount.require(place.toRealPath());
      }
    } catch (IOException e) {
      return missing("store", place + " cannot be read: " + e.getMessage(), "give another --root");
    } catch (BuildFailure e) {
      return missing("store", e.text(), e.hint().orElse(null));
    }
    return Files.isWritable(place)
        ? good("store", type)
        : missing("store", place + " is not writable", "give another --root");
  }

  private static String read(String path) {
    try {
      return Files.readString(Path.of(path)).strip();
    } catch (IOException _) {
      return "";
    }
  }

  private static Probe kernel() {
    String release = read("/proc/sys/kernel/osrelease");
    return SeccompProfile.atLeast(release, "5.11")
        ? good("kernel", "Linux " + release)
        : limited(
            "kernel",
            "Linux " + release + ": overlay in a user namespace needs 5.11",
            "use a newer kernel, or run as root");
  }

  private static Probe privileges(Privileges own) {
    String who = "user " + own.uid() + (own.userNamespace() ? " of a user namespace" : "");
    return own.uid() == 0 && own.has("CAP_SYS_ADMIN")
        ? good("privileges", who + " with CAP_SYS_ADMIN")
        : limited(
            "privileges",
            who + " without CAP_SYS_ADMIN" + (own.noNewPrivileges() ? ", no_new_privs is set" : ""),
            own.uid() == 0 ? ROOT_FIX : null);
  }

  private static Probe userNamespaces() {
    if (madeOne()) {
      return good("user-namespaces", "can be made");
    }
    String sysctl = read("/proc/sys/kernel/unprivileged_userns_clone");
    if (sysctl.equals("0")) {
      return missing(
          "user-namespaces",
          "kernel.unprivileged_userns_clone is 0",
          "sysctl -w kernel.unprivileged_userns_clone=1");
    }
    if (read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").equals("1")) {
      return missing(
          "user-namespaces",
          "AppArmor restricts them (kernel.apparmor_restrict_unprivileged_userns is 1)",
          "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    }
    if (read("/proc/sys/user/max_user_namespaces").equals("0")) {
      return missing(
          "user-namespaces",
          "user.max_user_namespaces is 0",
          "sysctl -w user.max_user_namespaces=28633");
    }
    return missing(
        "user-namespaces",
        "the kernel or a filter refuses them",
        "docker run --security-opt seccomp=unconfined, or a seccompProfile of type Unconfined");
  }

  /** Whether the launcher got as far as starting a program in a user namespace. */
  private static boolean madeOne() {
    return exitCode(
            LauncherBinary.locate().toString(),
            "userns",
            LauncherBinary.locate().toString(),
            "version")
        == 0;
  }

  private static Probe subordinateIds(Privileges own) {
    if (own.userNamespace()) {
      return own.ids() > 1
          ? good("subordinate-ids", own.ids() + " ids are mapped")
          : limited("subordinate-ids", "one id is mapped: no other user exists", SUBUID_FIX);
    }
    String name = System.getProperty("user.name");
    boolean listed =
        Stream.of("/etc/subuid", "/etc/subgid")
            .allMatch(file ->
                read(file)
                    .lines()
                    .anyMatch(l -> l.startsWith(name + ":") || l.startsWith(own.uid() + ":")));
    boolean helpers =
        Files.exists(Path.of("/usr/bin/newuidmap")) && Files.exists(Path.of("/usr/bin/newgidmap"));
    if (own.uid() == 0) {
      return good("subordinate-ids", "not needed by root");
    }
    return listed && helpers
        ? good("subordinate-ids", "ranges of " + name + " in /etc/subuid and /etc/subgid")
        : limited(
            "subordinate-ids",
            helpers ? "no range for " + name : "newuidmap is not installed",
            SUBUID_FIX);
  }

  /** A step is run: kernel, file system and privileges all have a say. */
  private static Probe remap(Privileges own, Path place) {
    if (own.userNamespace()) {
      return good("userns-remap", "not needed: a step's ids are ordinary ones of the machine");
    }
    if (own.uid() != 0 || !own.has("CAP_SYS_ADMIN")) {
      return limited("userns-remap", "needs root with CAP_SYS_ADMIN", null);
    }
    SubordinateIds ids = SubordinateIds.ofMachine();
    IdRange range = ids.choose();
    try {
      Trial.run(new EmbeddedLauncher(Tier.A).remapped(range), true, place);
      return good(
          "userns-remap",
          "works, with ids "
              + range
              + (ids.owned().isPresent()
                  ? " of " + SubordinateIds.OWNER + " in /etc/subuid"
                  : " that nobody has")
              + ": on in serve, --userns-remap auto in build");
    } catch (BuildFailure e) {
      return limited("userns-remap", e.text(), Sandbox.REMAP_FIX);
    }
  }

  private static Probe overlay(Privileges own, Path place) {
    if (own.uid() != 0) {
      return missing("overlay", "cannot be mounted without a user namespace", null);
    }
    if (!own.has("CAP_SYS_ADMIN")) {
      return limited("overlay", "cannot be mounted here; layers are copied", null);
    }
    try {
      Trial.run(new EmbeddedLauncher(own.userNamespace() ? Tier.B : Tier.A), true, place);
      return good("overlay", own.userNamespace() ? "mounts in a user namespace" : "mounts as root");
    } catch (BuildFailure e) {
      return read("/proc/filesystems").contains("\toverlay")
          ? missing("overlay", e.text(), "put the store on ext4, xfs or btrfs")
          : missing("overlay", "the kernel has none", "modprobe overlay, as root of the machine");
    }
  }

  private static Probe cgroups(Privileges own) {
    if (plain(own)) {
      return limited(
          "cgroups", "steps have the container's limits and none of their own", ROOT_FIX);
    }
    return CgroupProbe.of(Cgroups.detect(), own);
  }

  private static Probe seccomp() {
    String actions = read("/proc/sys/kernel/seccomp/actions_avail");
    return actions.contains("user_notif")
        ? good("seccomp", "filters with notification")
        : actions.contains("errno")
            ? limited("seccomp", "no notification: isolation chroot has no /proc", "Linux 5.0")
            : missing("seccomp", "not in this kernel", null);
  }

  private static Probe landlock() {
    return exitCode(LauncherBinary.locate().toString(), "landlock") == 0
        ? good("landlock", "keeps steps from abstract sockets that they did not make")
        : limited(
            "landlock",
            "no scopes: with the host's network, steps reach its abstract sockets; with isolation"
                + " chroot they run one at a time",
            "Linux 6.12 with Landlock (lsm=landlock,…), or --network none");
  }

  private static Probe openat2() {
    String release = read("/proc/sys/kernel/osrelease");
    return SeccompProfile.atLeast(release, "5.6")
        ? good("openat2", "in Linux " + release)
        : limited("openat2", "needs Linux 5.6; paths are walked name by name", null);
  }

  private static Probe reflink(Path place) {
    Path folder = null;
    try {
      folder = Files.createTempDirectory(place, "doctor-");
      Path file = Files.write(folder.resolve("a"), new byte[4096]);
      boolean can =
          exitCode("cp", "--reflink=always", file.toString(), folder.resolve("b").toString()) == 0;
      return can
          ? good("reflink", "copies share blocks")
          : limited("reflink", "the file system copies bytes", "use xfs or btrfs for the store");
    } catch (IOException e) {
      return limited("reflink", "cannot be tried: " + e.getMessage(), null);
    } finally {
      if (folder != null) {
        Trial.delete(folder);
      }
    }
  }

  private static Probe binfmt() {
    try (Stream<Path> entries = Files.list(Path.of("/proc/sys/fs/binfmt_misc"))) {
      String emulators =
          entries
              .map(p -> String.valueOf(p.getFileName()))
              .filter(n -> n.startsWith("qemu-"))
              .map(n -> n.substring(5))
              .sorted()
              .collect(Collectors.joining(", "));
      if (!emulators.isEmpty()) {
        return good("foreign-platforms", emulators);
      }
    } catch (IOException _) {
      // binfmt_misc is not mounted.
    }
    return limited(
        "foreign-platforms", "none: no emulator is registered", "apt install qemu-user-static");
  }

  private static Probe runtimes() {
    String found =
        Stream.of("crun", "runc", "runsc", "kata-runtime", "youki")
            .flatMap(n -> OciLauncher.onPath(n).stream())
            .map(Path::toString)
            .collect(Collectors.joining(", "));
    return found.isEmpty()
        ? limited("oci-runtimes", "none on PATH; the embedded launcher needs none", null)
        : good("oci-runtimes", found);
  }

  private static Probe privateNetwork(Privileges own) {
    if (plain(own)) {
      return limited("private-network", "steps have the container's network", ROOT_FIX);
    }
    return PrivateNetwork.program()
        .map(p -> good("private-network", p.toString()))
        .orElse(limited("private-network", "no slirp4netns, no pasta", "apt install slirp4netns"));
  }

  private static Probe tier(Path store) {
    try {
      Sandbox chosen = Sandbox.select(Isolation.AUTO, Optional.empty()).on(store);
      return good(
          "tier", chosen.tier() + " (" + chosen.launcher().describe() + "): " + chosen.reason());
    } catch (BuildFailure e) {
      return missing("tier", e.text(), e.hint().orElse(null));
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

  private static int exitCode(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException _) {
      return 127;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 127;
    }
  }
}
