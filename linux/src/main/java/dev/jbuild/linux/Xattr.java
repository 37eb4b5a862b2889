package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
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
   * A name in a directory, which may be a link, a device or unreadable, so that it cannot be opened
   * first.
   */
  record ByName(int directory, String name, Object shown) implements Target {
    /** The name through /proc, for calls that know no directory descriptor. */
    long throughProc(Scratch s) throws ErrnoException {
      return Kernel.cString(s.pathA, "/proc/self/fd/" + directory + "/" + name, "lxattr");
    }
  }

  /** Set by tests to go through /proc although the kernel has the calls that need not. */
  static volatile boolean throughProcAlways = false;

  /**
   * Whether there are {@code listxattrat} and its like (Linux 6.13). They save the walk through
   * /proc, which costs more than the call itself.
   */
  private static final class Probe {
    static final boolean AT_CALLS = probe();

    private static boolean probe() {
      try (Scratch s = Scratch.take()) {
        long root = Kernel.cString(s.pathA, "/", "listxattrat");
        return Kernel.call(s, Syscall.LISTXATTRAT, Abi.AT_FDCWD, root, 0, s.data.address(), 0) >= 0;
      } catch (ErrnoException e) {
        return false;
      }
    }
  }

  static boolean atCalls() {
    return Probe.AT_CALLS && !throughProcAlways;
  }

  /** {@code struct xattr_args}: the value's address, its size, flags. */
  private static long arguments(Scratch s, long size) {
    s.struct.set(JAVA_LONG, 0, s.data.address());
    s.struct.set(JAVA_LONG, 8, size);
    return s.struct.address();
  }

  private static final int ARGUMENTS = 16;

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
    return Kernel.readStatx(s);
  }

  /**
   * Whether a name may have attributes that the caller sees; true where only {@link #all} can tell.
   *
   * @param name address of a single component in native memory, with its NUL
   */
  static boolean mayHaveAny(Scratch s, int directory, long name) {
    if (!atCalls()) {
      return true;
    }
    // No room is given, so the result is only how many bytes of names there are.
    long n = Kernel.call(s, Syscall.LISTXATTRAT, directory, name, Abi.AT_SYMLINK_NOFOLLOW, 0, 0);
    return n != 0 && n != -Errno.EOPNOTSUPP;
  }

  static SortedMap<String, byte[]> all(Target target) throws IOException {
    String names;
    try (Scratch s = Scratch.take()) {
      long n =
          switch (target) {
            case ByFd t ->
                Kernel.call(s, Syscall.FLISTXATTR, t.fd, s.data.address(), Scratch.DATA_SIZE);
            case ByName t when atCalls() ->
                Kernel.call(
                    s,
                    Syscall.LISTXATTRAT,
                    t.directory,
                    Kernel.cString(s.pathA, t.name, "listxattrat"),
                    Abi.AT_SYMLINK_NOFOLLOW,
                    s.data.address(),
                    Scratch.DATA_SIZE);
            case ByName t ->
                Kernel.call(
                    s, Syscall.LLISTXATTR, t.throughProc(s), s.data.address(), Scratch.DATA_SIZE);
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
            case ByName t when atCalls() ->
                Kernel.call(
                    s,
                    Syscall.GETXATTRAT,
                    t.directory,
                    Kernel.cString(s.pathA, t.name, "getxattrat"),
                    Abi.AT_SYMLINK_NOFOLLOW,
                    attribute,
                    arguments(s, Scratch.DATA_SIZE),
                    ARGUMENTS);
            case ByName t ->
                Kernel.call(
                    s,
                    Syscall.LGETXATTR,
                    t.throughProc(s),
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
            case ByName t when atCalls() ->
                Kernel.call(
                    s,
                    Syscall.SETXATTRAT,
                    t.directory,
                    Kernel.cString(s.pathA, t.name, "setxattrat"),
                    Abi.AT_SYMLINK_NOFOLLOW,
                    attribute,
                    arguments(s, value.length),
                    ARGUMENTS);
            case ByName t ->
                Kernel.call(
                    s,
                    Syscall.LSETXATTR,
                    t.throughProc(s),
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
            case ByName t when atCalls() ->
                Kernel.call(
                    s,
                    Syscall.REMOVEXATTRAT,
                    t.directory,
                    Kernel.cString(s.pathA, t.name, "removexattrat"),
                    Abi.AT_SYMLINK_NOFOLLOW,
                    attribute);
            case ByName t -> Kernel.call(s, Syscall.LREMOVEXATTR, t.throughProc(s), attribute, 0);
          };
      Kernel.check(result, Syscall.LREMOVEXATTR, target.shown());
    }
  }
}
