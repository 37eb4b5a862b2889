package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the kernel says of this process; two small files of /proc, so that asking costs nothing.
 *
 * @param uid effective user
 * @param capabilities effective set, as a bit mask
 * @param userNamespace whether the process is inside a user namespace that maps ids
 * @param ids how many ids that namespace maps; 2^32-1 outside one
 * @param noNewPrivileges whether setuid programs have no effect here
 * @param seccomp 0 off, 1 strict, 2 a filter
 */
record Privileges(
    int uid,
    long capabilities,
    boolean userNamespace,
    long ids,
    boolean noNewPrivileges,
    int seccomp) {

  private static final long ALL_IDS = 4294967295L;

  static Privileges own() {
    try {
      return parse(
          Files.readString(Path.of("/proc/self/status")),
          Files.readString(Path.of("/proc/self/uid_map")));
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "/proc cannot be read: " + e.getMessage(),
          "mount proc on /proc",
          e);
    }
  }

  static Privileges parse(String status, String uidMap) {
    long ids = 0;
    boolean mapped = false;
    for (String line : uidMap.lines().toList()) {
      String[] numbers = line.strip().split("\\s+", -1);
      long inside = Long.parseLong(numbers[0]);
      long outside = Long.parseLong(numbers[1]);
      long size = Long.parseLong(numbers[2]);
      ids += size;
      mapped |= inside != outside || size != ALL_IDS;
    }
    return new Privileges(
        Integer.parseInt(words(status, "Uid").get(1)),
        Long.parseUnsignedLong(words(status, "CapEff").getFirst(), 16),
        mapped,
        ids,
        words(status, "NoNewPrivs").equals(List.of("1")),
        Integer.parseInt(words(status, "Seccomp").getFirst()));
  }

  private static List<String> words(String status, String key) {
    return status
        .lines()
        .filter(line -> line.startsWith(key + ":"))
        .findFirst()
        .map(line -> List.of(line.substring(key.length() + 1).strip().split("\\s+", -1)))
        .orElse(List.of("0", "0"));
  }

  boolean has(String capability) {
    return (capabilities & Capability.mask(List.of(capability))) != 0;
  }

  /** Root, of the machine or of its namespace, who can mount. */
  boolean isRootWithMounts() {
    return uid == 0 && has("CAP_SYS_ADMIN");
  }

  /** Root of a plain container, whose steps are run at tier C. */
  boolean isRootWithoutMounts() {
    return uid == 0 && !has("CAP_SYS_ADMIN");
  }
}
