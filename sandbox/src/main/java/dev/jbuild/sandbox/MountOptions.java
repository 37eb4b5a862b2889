package dev.jbuild.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The option words of a runtime-spec mount, told apart into flags of mount(2) and the text that the
 * file system itself reads.
 */
record MountOptions(long flags, boolean bind, boolean recursive, String data) {

  static final long RDONLY = 1;
  static final long NOSUID = 2;
  static final long NODEV = 4;
  static final long NOEXEC = 8;

  /** MS_REMOUNT and MS_BIND: change one mount's own flags. */
  static final long REMOUNT_BIND = 32 | 4096;

  /** Those that a bind mount can be given after it is made. */
  static final long RESTRICTIONS = RDONLY | NOSUID | NODEV | NOEXEC;

  private static final Map<String, Long> SET =
      Map.ofEntries(
          Map.entry("ro", RDONLY),
          Map.entry("nosuid", NOSUID),
          Map.entry("nodev", NODEV),
          Map.entry("noexec", NOEXEC),
          Map.entry("sync", 16L),
          Map.entry("dirsync", 128L),
          Map.entry("nosymfollow", 256L),
          Map.entry("noatime", 1024L),
          Map.entry("nodiratime", 2048L),
          Map.entry("relatime", 1L << 21),
          Map.entry("strictatime", 1L << 24));

  private static final Map<String, Long> CLEAR =
      Map.of("rw", RDONLY, "suid", NOSUID, "dev", NODEV, "exec", NOEXEC, "async", 16L);

  /** Every mount of a step is private to it, so these change nothing. */
  private static final List<String> PROPAGATION =
      List.of(
          "private",
          "rprivate",
          "slave",
          "rslave",
          "shared",
          "rshared",
          "unbindable",
          "runbindable",
          "defaults");

  static MountOptions parse(RuntimeSpec.Mount mount) {
    long flags = 0;
    boolean bind = "bind".equals(mount.type());
    boolean recursive = false;
    List<String> data = new ArrayList<>();
    for (String option : mount.options()) {
      Long set = SET.get(option);
      Long clear = CLEAR.get(option);
      if (set != null) {
        flags |= set;
      } else if (clear != null) {
        flags &= ~clear;
      } else if (option.equals("bind") || option.equals("rbind")) {
        bind = true;
        recursive = option.equals("rbind");
      } else if (!PROPAGATION.contains(option)) {
        data.add(option);
      }
    }
    return new MountOptions(flags, bind, recursive, String.join(",", data));
  }
}
