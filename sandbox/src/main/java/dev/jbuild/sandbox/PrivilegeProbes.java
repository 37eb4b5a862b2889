package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Who the executor is, and which users and namespaces it may give to steps. */
final class PrivilegeProbes {

  /** How to be root with CAP_SYS_ADMIN in a container. */
  static final String ROOT_FIX = "docker run --privileged, or securityContext.privileged: true";

  private PrivilegeProbes() {}

  static Probe privileges(Privileges own) {
    String who = "user " + own.uid() + (own.userNamespace() ? " of a user namespace" : "");
    return own.isRootWithMounts()
        ? Probe.good("privileges", who + " with CAP_SYS_ADMIN")
        : Probe.limited(
            "privileges",
            who + " without CAP_SYS_ADMIN" + (own.noNewPrivileges() ? ", no_new_privs is set" : ""),
            own.uid() == 0 ? ROOT_FIX : null);
  }

  static Probe userNamespaces() {
    if (madeOne()) {
      return Probe.good("user-namespaces", "can be made");
    }
    String sysctl = Machine.setting("/proc/sys/kernel/unprivileged_userns_clone");
    if (sysctl.equals("0")) {
      return Probe.missing(
          "user-namespaces",
          "kernel.unprivileged_userns_clone is 0",
          "sysctl -w kernel.unprivileged_userns_clone=1");
    }
    if (Machine.setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").equals("1")) {
      return Probe.missing(
          "user-namespaces",
          "AppArmor restricts them (kernel.apparmor_restrict_unprivileged_userns is 1)",
          "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    }
    if (Machine.setting("/proc/sys/user/max_user_namespaces").equals("0")) {
      return Probe.missing(
          "user-namespaces",
          "user.max_user_namespaces is 0",
          "sysctl -w user.max_user_namespaces=28633");
    }
    return Probe.missing(
        "user-namespaces",
        "the kernel or a filter refuses them",
        "docker run --security-opt seccomp=unconfined, or a seccompProfile of type Unconfined");
  }

  /** Whether the launcher got as far as starting a program in a user namespace. */
  private static boolean madeOne() {
    return Machine.exitCode(
            LauncherBinary.locate().toString(),
            "userns",
            LauncherBinary.locate().toString(),
            "version")
        == 0;
  }

  static Probe subordinateIds(Privileges own) {
    if (own.userNamespace()) {
      return own.ids() > 1
          ? Probe.good("subordinate-ids", own.ids() + " ids are mapped")
          : Probe.limited("subordinate-ids", "one id is mapped: no other user exists", rangesFix());
    }
    String name = System.getProperty("user.name");
    boolean listed =
        Stream.of("/etc/subuid", "/etc/subgid")
            .allMatch(file ->
                Machine.setting(file)
                    .lines()
                    .anyMatch(l -> l.startsWith(name + ":") || l.startsWith(own.uid() + ":")));
    boolean helpers = helpers();
    if (own.uid() == 0) {
      return Probe.good("subordinate-ids", "not needed by root");
    }
    return listed && helpers
        ? Probe.good("subordinate-ids", "ranges of " + name + " in /etc/subuid and /etc/subgid")
        : Probe.limited(
            "subordinate-ids",
            helpers ? "no range for " + name : "newuidmap is not installed",
            rangesFix());
  }

  private static boolean helpers() {
    return Files.exists(Path.of("/usr/bin/newuidmap"))
        && Files.exists(Path.of("/usr/bin/newgidmap"));
  }

  private static String rangesFix() {
    String user = System.getenv("USER"); // java's own name for it is root in a user namespace
    return rangesFix(
        user == null || user.isEmpty() ? "$USER" : user,
        SubordinateIds.ofMachine(),
        Files.exists(Path.of("/etc/subuid")) && Files.exists(Path.of("/etc/subgid")),
        helpers());
  }

  /** What root has to do for a user; usermod wants the files to be there. */
  static String rangesFix(String user, SubordinateIds ids, boolean files, boolean helpers) {
    List<String> commands = new ArrayList<>();
    if (!helpers) {
      commands.add("apt install uidmap");
    }
    if (!ids.has(user)) {
      IdRange free = ids.next();
      String range = free.uid() + "-" + (free.uid() + free.count() - 1);
      if (!files) {
        commands.add("touch /etc/subuid /etc/subgid");
      }
      commands.add("usermod --add-subuids " + range + " --add-subgids " + range + " " + user);
    }
    return commands.isEmpty()
        ? "newuidmap and newgidmap must be setuid root, and work here"
        : "as root: " + String.join(" && ", commands);
  }

  /** A step is run: kernel, file system and privileges all have a say. */
  static Probe remap(Privileges own, Path place) {
    if (own.userNamespace()) {
      return Probe.good(
          "userns-remap", "not needed: a step's ids are ordinary ones of the machine");
    }
    if (!own.isRootWithMounts()) {
      return Probe.limited("userns-remap", "needs root with CAP_SYS_ADMIN", null);
    }
    SubordinateIds ids = SubordinateIds.ofMachine();
    IdRange range = ids.choose();
    try {
      Trial.run(new EmbeddedLauncher(Tier.A).remapped(range), true, place);
      return Probe.good(
          "userns-remap",
          "works, with ids "
              + range
              + (ids.owned().isPresent()
                  ? " of " + SubordinateIds.OWNER + " in /etc/subuid"
                  : " that nobody has")
              + ": on in serve, --userns-remap auto in build");
    } catch (BuildFailure e) {
      return Probe.limited("userns-remap", e.text(), Sandbox.REMAP_FIX);
    }
  }
}
