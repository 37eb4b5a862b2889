package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** The capabilities of capabilities(7), in the order of their bits. */
enum Capability {
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_KILL,
  CAP_SETGID,
  CAP_SETUID,
  CAP_SETPCAP,
  CAP_LINUX_IMMUTABLE,
  CAP_NET_BIND_SERVICE,
  CAP_NET_BROADCAST,
  CAP_NET_ADMIN,
  CAP_NET_RAW,
  CAP_IPC_LOCK,
  CAP_IPC_OWNER,
  CAP_SYS_MODULE,
  CAP_SYS_RAWIO,
  CAP_SYS_CHROOT,
  CAP_SYS_PTRACE,
  CAP_SYS_PACCT,
  CAP_SYS_ADMIN,
  CAP_SYS_BOOT,
  CAP_SYS_NICE,
  CAP_SYS_RESOURCE,
  CAP_SYS_TIME,
  CAP_SYS_TTY_CONFIG,
  CAP_MKNOD,
  CAP_LEASE,
  CAP_AUDIT_WRITE,
  CAP_AUDIT_CONTROL,
  CAP_SETFCAP,
  CAP_MAC_OVERRIDE,
  CAP_MAC_ADMIN,
  CAP_SYSLOG,
  CAP_WAKE_ALARM,
  CAP_BLOCK_SUSPEND,
  CAP_AUDIT_READ,
  CAP_PERFMON,
  CAP_BPF,
  CAP_CHECKPOINT_RESTORE;

  private static final List<String> NAMES = Arrays.stream(values()).map(Enum::name).toList();

  static List<String> names() {
    return NAMES;
  }

  /** The bit mask of a set of names, as capset(2) takes it. */
  static long mask(Collection<String> names) {
    long mask = 0;
    for (String name : names) {
      int bit = NAMES.indexOf(name); // the order of the list is the kernel's numbering
      if (bit < 0) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED, "unknown capability \"" + name + "\"");
      }
      mask |= 1L << bit;
    }
    return mask;
  }
}
