package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the kernel itself can do, whoever asks. */
final class KernelProbes {

  private KernelProbes() {}

  static Probe kernel() {
    String release = Machine.kernelRelease();
    return SeccompProfile.atLeast(release, "5.11")
        ? Probe.good("kernel", "Linux " + release)
        : Probe.limited(
            "kernel",
            "Linux " + release + ": overlay in a user namespace needs 5.11",
            "use a newer kernel, or run as root");
  }

  static Probe seccomp() {
    String actions = Machine.setting("/proc/sys/kernel/seccomp/actions_avail");
    return actions.contains("user_notif")
        ? Probe.good("seccomp", "filters with notification")
        : actions.contains("errno")
            ? Probe.limited(
                "seccomp", "no notification: isolation chroot has no /proc", "Linux 5.0")
            : Probe.missing("seccomp", "not in this kernel", null);
  }

  static Probe landlock() {
    return Machine.exitCode(LauncherBinary.locate().toString(), "landlock") == 0
        ? Probe.good("landlock", "keeps steps from abstract sockets that they did not make")
        : Probe.limited(
            "landlock",
            "no scopes: with the host's network, steps reach its abstract sockets; with isolation"
                + " chroot they run one at a time",
            "Linux 6.12 with Landlock (lsm=landlock,…), or --network none");
  }

  static Probe openat2() {
    String release = Machine.kernelRelease();
    return SeccompProfile.atLeast(release, "5.6")
        ? Probe.good("openat2", "in Linux " + release)
        : Probe.limited("openat2", "needs Linux 5.6; paths are walked name by name", null);
  }

  static Probe foreignPlatforms() {
    try (Stream<Path> entries = Files.list(Path.of("/proc/sys/fs/binfmt_misc"))) {
      String emulators =
          entries
              .map(p -> String.valueOf(p.getFileName()))
              .filter(n -> n.startsWith("qemu-"))
              .map(n -> n.substring(5))
              .sorted()
              .collect(Collectors.joining(", "));
      if (!emulators.isEmpty()) {
        return Probe.good("foreign-platforms", emulators);
      }
    } catch (IOException _) {
      // binfmt_misc is not mounted.
    }
    return Probe.limited(
        "foreign-platforms", "none: no emulator is registered", "apt install qemu-user-static");
  }
}
