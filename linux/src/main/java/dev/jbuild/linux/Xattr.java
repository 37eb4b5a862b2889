package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Extended attributes, of an open file or of a name that no link is followed from. */
final class Xattr {
  /** How the kernel is told which file is meant. */
  sealed interface Target {
    /** What an error names. */
    Object shown();
  }

  /** A file opened for reading or writing. */
  record ByFd(int fd, Object shown) implements Target {}

  /**
   * A path given to the {@code l…xattr} calls, usually {@code /proc/self/fd/N/name}: these calls
   * know no directory descriptor before Linux 6.13, and a name may be a link, a device or
   * unreadable, so that it cannot be opened first.
   */
  record ByPath(String path, Object shown) implements Target {}

  private Xattr() {}

  static Stat statFd(Scratch s, int fd, Object shown) throws ErrnoException {
    s.pathA.set(JAVA_BYTE, 0, (byte) 0);
    Kernel.check(
        Kernel.call(
            s,
            Syscall.STATX,
            fd,
            s.pathA.address(),
            Abi.AT_EMPTY_PATH,
            Abi.STATX_BASIC_STATS,
            s.struct.address()),
        Syscall.STATX,
        shown);
    return Kernel.readStatx(s.struct);
  }

  static SortedMap<String, byte[]> all(Target target) throws IOException {
    String names;
    try (Scratch s = Scratch.take()) {
      long n =
          switch (target) {
            case ByFd t ->
                Kernel.call(s, Syscall.FLISTXATTR, t.fd, s.data.address(), Scratch.DATA_SIZE);
            case ByPath t ->
                Kernel.call(
                    s,
                    Syscall.LLISTXATTR,
                    Kernel.cString(s.pathA, t.path, "llistxattr"),
                    s.data.address(),
                    Scratch.DATA_SIZE);
          };
      if (n == 0 || n == -Errno.EOPNOTSUPP) {
        return Collections.emptySortedMap();
      }
      Kernel.check(n, Syscall.LLISTXATTR, target.shown());
      byte[] bytes = new byte[(int) n];
      MemorySegment.copy(s.data, JAVA_BYTE, 0, bytes, 0, bytes.length);
      names = new String(bytes, ISO_8859_1);
    }
    SortedMap<String, byte[]> result = new TreeMap<>();
    int start = 0;
    for (int end = names.indexOf('\0'); end >= 0; end = names.indexOf('\0', start)) {
      String name = names.substring(start, end);
      // An attribute may be removed, or listed but not readable, between the two calls.
      get(target, name).ifPresent(value -> result.put(name, value));
      start = end + 1;
    }
    return result;
  }

  static Optional<byte[]> get(Target target, String name) throws IOException {
    try (Scratch s = Scratch.take()) {
      long attribute = Kernel.cString(s.pathB, name, "lgetxattr");
      long n =
          switch (target) {
            case ByFd t ->
                Kernel.call(
                    s, Syscall.FGETXATTR, t.fd, attribute, s.data.address(), Scratch.DATA_SIZE);
            case ByPath t ->
                Kernel.call(
                    s,
                    Syscall.LGETXATTR,
                    Kernel.cString(s.pathA, t.path, "lgetxattr"),
                    attribute,
                    s.data.address(),
                    Scratch.DATA_SIZE);
          };
      if (n == -Errno.ENODATA || n == -Errno.EOPNOTSUPP || n == -Errno.EPERM) {
        return Optional.empty();
      }
      Kernel.check(n, Syscall.LGETXATTR, target.shown());
      byte[] value = new byte[(int) n];
      MemorySegment.copy(s.data, JAVA_BYTE, 0, value, 0, value.length);
      return Optional.of(value);
    }
  }

  static void set(Target target, String name, byte[] value) throws IOException {
    if (value.length > Scratch.DATA_SIZE) {
      throw new ErrnoException(7, "lsetxattr", target.shown().toString());
    }
    try (Scratch s = Scratch.take()) {
      long attribute = Kernel.cString(s.pathB, name, "lsetxattr");
      MemorySegment.copy(value, 0, s.data, JAVA_BYTE, 0, value.length);
      long result =
          switch (target) {
            case ByFd t ->
                Kernel.call(
                    s, Syscall.FSETXATTR, t.fd, attribute, s.data.address(), value.length, 0);
            case ByPath t ->
                Kernel.call(
                    s,
                    Syscall.LSETXATTR,
                    Kernel.cString(s.pathA, t.path, "lsetxattr"),
                    attribute,
                    s.data.address(),
                    value.length,
                    0);
          };
      Kernel.check(result, Syscall.LSETXATTR, target.shown());
    }
  }

  static void remove(Target target, String name) throws IOException {
    try (Scratch s = Scratch.take()) {
      long attribute = Kernel.cString(s.pathB, name, "lremovexattr");
      long result =
          switch (target) {
            case ByFd t -> Kernel.call(s, Syscall.FREMOVEXATTR, t.fd, attribute, 0);
            case ByPath t ->
                Kernel.call(
                    s,
                    Syscall.LREMOVEXATTR,
                    Kernel.cString(s.pathA, t.path, "lremovexattr"),
                    attribute,
                    0);
          };
      Kernel.check(result, Syscall.LREMOVEXATTR, target.shown());
    }
  }
}
