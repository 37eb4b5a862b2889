package dev.jbuild.store;

import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Errno;
import dev.jbuild.linux.ErrnoException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What of the process's surroundings decides how an unpacked layer looks on disk.
 *
 * @param encoding {@code TRUSTED} where the process may set {@code trusted.*}, which takes
 *     CAP_SYS_ADMIN in the initial user namespace; else {@code USER}
 * @param idMap the maps of the process's user namespace
 * @param boot the kernel's id of this boot
 */
record Host(OverlayEncoding encoding, String idMap, String boot) {

  static Host probe(StoreLayout layout) throws IOException {
    return new Host(
        encoding(layout),
        proc("self/uid_map") + ";" + proc("self/gid_map"),
        proc("sys/kernel/random/boot_id"));
  }

  String encodingName() {
    return switch (encoding) {
      case TRUSTED -> "trusted";
      case USER -> "user";
    };
  }

  private static OverlayEncoding encoding(StoreLayout layout) throws IOException {
    BytePath name = BytePath.of("probe-" + UUID.randomUUID());
    try (DirFd ingests = DirFd.open(layout.ingests())) {
      ingests.mkdir(name, 0700);
      try {
        ingests.setXattr(name, "trusted.overlay.opaque", new byte[] {'y'});
        return OverlayEncoding.TRUSTED;
      } catch (ErrnoException e) {
        if (e.errno() == Errno.EPERM || e.errno() == Errno.EOPNOTSUPP) {
          return OverlayEncoding.USER;
        }
        throw e;
      } finally {
        ingests.rmdir(name);
      }
    }
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
