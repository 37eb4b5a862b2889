package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;

/**
 * Opens directories below a directory without following any symbolic link.
 *
 * <p>{@code openat2} (Linux 5.6) does it in one call. Where it is missing, or an old seccomp policy
 * answers EPERM to numbers it does not know, the path is walked one component at a time with {@code
 * O_NOFOLLOW}: slower, equally closed, since neither form ever hands the kernel a name with a slash
 * that it could resolve through a link.
 */
final class Beneath {
  /** Set by tests to walk although the kernel has openat2. */
  static volatile boolean walkAlways = false;

  /** Longest prefix handed to one openat2; the kernel refuses paths of PATH_MAX and more. */
  private static final int STRIDE = Scratch.PATH_MAX - 256;

  private static final int DIRECTORY = Abi.O_PATH | Abi.O_DIRECTORY | Abi.O_CLOEXEC;

  private Beneath() {}

  /** The probe runs once, on a path that exists everywhere. */
  private static final class Probe {
    static final boolean OPENAT2 = probe();

    private static boolean probe() {
      try (Scratch s = Scratch.take()) {
        long fd = openat2(s, Abi.AT_FDCWD, "/", Abi.O_PATH | Abi.O_CLOEXEC, 0);
        if (fd < 0) {
          return false;
        }
        Kernel.close((int) fd);
        return true;
      } catch (ErrnoException e) {
        return false;
      }
    }
  }

  static boolean kernelHasOpenat2() {
    return Probe.OPENAT2;
  }

  /** An O_PATH descriptor of the directory at {@code path}, or the negated errno. */
  static long openDirectory(Scratch s, int root, BytePath path) throws IOException {
    String bytes = path.latin1();
    int from = 0;
    int at = root;
    try {
      while (bytes.length() - from > STRIDE) {
        int slash = bytes.lastIndexOf('/', from + STRIDE);
        long next = step(s, at, bytes.substring(from, slash));
        if (next < 0) {
          return next;
        }
        closeUnless(root, at);
        at = (int) next;
        from = slash + 1;
      }
      return step(s, at, bytes.substring(from));
    } finally {
      closeUnless(root, at);
    }
  }

  private static long step(Scratch s, int at, String path) throws IOException {
    if (!walkAlways && kernelHasOpenat2()) {
      return openat2(s, at, path, DIRECTORY, Abi.RESOLVE_BENEATH | Abi.RESOLVE_NO_SYMLINKS);
    }
    int here = at;
    int start = 0;
    while (true) {
      int slash = path.indexOf('/', start);
      String name = slash < 0 ? path.substring(start) : path.substring(start, slash);
      long next = NameCalls.open(s, here, name, DIRECTORY, 0);
      if (next == -Errno.ENOTDIR && isSymlink(s, here, name)) {
        next = -Errno.ELOOP;
      }
      closeUnless(at, here);
      if (next < 0 || slash < 0) {
        return next;
      }
      here = (int) next;
      start = slash + 1;
    }
  }

  private static boolean isSymlink(Scratch s, int at, String name) throws IOException {
    return NameCalls.stat(s, at, name) == 0 && Kernel.readStatx(s).isSymlink();
  }

  private static long openat2(Scratch s, int at, String path, int flags, long resolve)
      throws ErrnoException {
    s.struct.set(JAVA_LONG, 0, flags);
    s.struct.set(JAVA_LONG, 8, 0);
    s.struct.set(JAVA_LONG, 16, resolve);
    while (true) {
      long fd =
          Kernel.call(
              s,
              Syscall.OPENAT2,
              at,
              Kernel.cString(s.pathA, path, "openat2"),
              s.struct.address(),
              24);
      // EAGAIN: a rename elsewhere raced with the look-up; only the kernel can tell when it is
      // over.
      if (fd != -Errno.EAGAIN) {
        return fd;
      }
    }
  }

  private static void closeUnless(int kept, int fd) {
    if (fd != kept) {
      Kernel.close(fd);
    }
  }
}
