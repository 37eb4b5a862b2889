package dev.jbuild.sandbox;

import java.util.List;

/**
 * The policy every RUN gets unless something was asked for: Docker's capability set, paths of /proc
 * and /sys, mounts and names.
 */
public final class DefaultSpec {

  /** The PATH of an image that sets none. */
  public static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  /** The host name of a step, as BuildKit has it. */
  public static final String HOSTNAME = "buildkitsandbox";

  /** Size of /dev/shm where none is asked for. */
  public static final long SHM_BYTES = 64L << 20;

  /** Docker's default set. */
  public static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FSETID",
          "CAP_FOWNER",
          "CAP_MKNOD",
          "CAP_NET_RAW",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SETFCAP",
          "CAP_SETPCAP",
          "CAP_NET_BIND_SERVICE",
          "CAP_SYS_CHROOT",
          "CAP_KILL",
          "CAP_AUDIT_WRITE");

  /** Paths hidden from a step. */
  public static final List<String> MASKED_PATHS =
      List.of(
          "/proc/acpi",
          "/proc/asound",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/scsi",
          "/proc/sched_debug",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/sys/devices/virtual/powercap",
          "/sys/firmware");

  /** Paths a step may read only. */
  public static final List<String> READONLY_PATHS =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private DefaultSpec() {}

  /** The mounts of a step without its own, in order; shm is the size of /dev/shm in bytes. */
  public static List<RuntimeSpec.Mount> mounts(long shmBytes) {
    return List.of(
        new RuntimeSpec.Mount("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")),
        new RuntimeSpec.Mount(
            "/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")),
        new RuntimeSpec.Mount(
            "/dev/pts",
            "devpts",
            "devpts",
            List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")),
        new RuntimeSpec.Mount(
            "/dev/shm",
            "tmpfs",
            "shm",
            List.of("nosuid", "noexec", "nodev", "mode=1777", "size=" + shmBytes)),
        new RuntimeSpec.Mount(
            "/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")),
        new RuntimeSpec.Mount("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", "ro")),
        new RuntimeSpec.Mount(
            "/sys/fs/cgroup", "cgroup", "cgroup", List.of("ro", "nosuid", "noexec", "nodev")));
  }

  /** Docker's default capabilities, or every one for {@code security.insecure}. */
  public static RuntimeSpec.Capabilities capabilities(boolean insecure) {
    List<String> set = insecure ? Capability.names() : CAPABILITIES;
    return new RuntimeSpec.Capabilities(set, set, List.of(), set, List.of());
  }
}
