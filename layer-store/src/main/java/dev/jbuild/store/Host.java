package dev.jbuild.store;

import dev.jbuild.layer.OverlayEncoding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What of the process's surroundings decides how an unpacked layer looks on disk.
 *
 * @param encoding {@code NESTED} where the store is on an overlay; {@code TRUSTED} where the
 *     process may set {@code trusted.*}, which takes CAP_SYS_ADMIN in the initial user namespace;
 *     else {@code USER}
 * @param idMap the maps of the process's user namespace
 * @param boot the kernel's id of this boot
 */
record Host(OverlayEncoding encoding, String idMap, String boot) {
  /** PROC_USER_INIT_INO of linux/proc_ns.h. */
  private static final String INITIAL_NAMESPACE = "user:[4026531837]";

  private static final long CAP_SYS_ADMIN = 1L << 21;

  /** The surroundings of this process, for a store in a directory. */
  static Host probe(Path store) throws IOException {
    return new Host(
        Files.getFileStore(store).type().equals("overlay")
            ? OverlayEncoding.NESTED
            : probeEncoding(),
        proc("self/uid_map") + ";" + proc("self/gid_map"),
        proc("sys/kernel/random/boot_id"));
  }

  String encodingName() {
    return switch (encoding) {
      case TRUSTED -> "trusted";
      case USER -> "user";
      case NESTED -> "nested";
    };
  }

  /** Decided without touching the disk: a store that is full must open, to be pruned. */
  private static OverlayEncoding probeEncoding() throws IOException {
    String namespace = String.valueOf(Files.readSymbolicLink(Path.of("/proc/self/ns/user")));
    long capabilities =
        Pattern.compile("CapEff:\\s*([0-9a-f]+)")
            .matcher(proc("self/status"))
            .results()
            .map(match -> Long.parseUnsignedLong(match.group(1), 16))
            .findFirst()
            .orElse(0L);
    return namespace.equals(INITIAL_NAMESPACE) && (capabilities & CAP_SYS_ADMIN) != 0
        ? OverlayEncoding.TRUSTED
        : OverlayEncoding.USER;
  }

  private static String proc(String name) throws IOException {
    try {
      return Files.readString(Path.of("/proc", name), StandardCharsets.US_ASCII)
          .strip()
          .replaceAll("\\s+", " ");
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
