package dev.jbuild.sandbox;

import java.util.List;

/** A step's own mounts as an OCI runtime can make them where the executor is. */
final class OciMounts {

  private OciMounts() {}

  /**
   * The mounts of the request's specification. In a user namespace with the machine's network its
   * sysfs cannot be mounted anew: it is bound, read-only. The cgroups that are mounted on it would
   * stay writable, the step's own limits too where they are delegated to the user, so they are
   * covered. Where one id is mapped there is no group of terminals.
   */
  static List<RuntimeSpec.Mount> of(StepRequest request, Privileges own) {
    boolean bindsSys = own.userNamespace() && request.network() == NetworkMode.HOST;
    return request.spec().mounts().stream()
        .map(mount ->
            bindsSys && "sysfs".equals(mount.type()) ? boundSys(mount.destination()) : mount)
        .map(
            mount -> bindsSys && "cgroup".equals(mount.type()) ? cover(mount.destination()) : mount)
        .map(mount -> own.userNamespace() && own.ids() == 1 ? withoutTerminalGroup(mount) : mount)
        .toList();
  }

  private static RuntimeSpec.Mount boundSys(String target) {
    return new RuntimeSpec.Mount(
        target, "none", "/sys", List.of("rbind", "nosuid", "noexec", "nodev", "ro"));
  }

  private static RuntimeSpec.Mount cover(String target) {
    return new RuntimeSpec.Mount(
        target, "tmpfs", "tmpfs", List.of("nosuid", "noexec", "nodev", "ro", "mode=755"));
  }

  private static RuntimeSpec.Mount withoutTerminalGroup(RuntimeSpec.Mount mount) {
    return new RuntimeSpec.Mount(
        mount.destination(),
        mount.type(),
        mount.source(),
        mount.options().stream().filter(option -> !option.equals("gid=5")).toList());
  }
}
