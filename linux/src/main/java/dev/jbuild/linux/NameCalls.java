package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * System calls on one name in one open directory: what {@link DirFd} is made of.
 *
 * <p><b>Rule.</b> A name has no slash, and no call follows it if it is a symbolic link. So none of
 * these can reach anything but what is in the directory itself, whatever the name is and whoever
 * renames things meanwhile; to add a call that does not keep to that is to open a way out.
 *
 * <p>Each gives the call's result or the negated error number.
 */
final class NameCalls {
  private NameCalls() {}

  private static long name(Scratch s, String name, Syscall call) throws ErrnoException {
    return Kernel.cString(s.pathA, name, call.text);
  }

  static long open(Scratch s, int dir, String name, int flags, int permissions)
      throws ErrnoException {
    return Kernel.call(
        s,
        Syscall.OPENAT,
        dir,
        name(s, name, Syscall.OPENAT),
        flags | Abi.O_NOFOLLOW | Abi.O_CLOEXEC,
        permissions);
  }

  /** Fills {@code s.struct}, to be read by {@link Kernel#readStatx}. */
  static long stat(Scratch s, int dir, String name) throws ErrnoException {
    return stat(s, dir, name(s, name, Syscall.STATX));
  }

  /** The same of a name in native memory, which ends in a NUL. */
  static long stat(Scratch s, int dir, long name) {
    return Kernel.call(
        s,
        Syscall.STATX,
        dir,
        name,
        Abi.AT_SYMLINK_NOFOLLOW,
        Abi.STATX_BASIC_STATS,
        s.struct.address());
  }

  /** Fills {@code s.data} with as many bytes as the result says. */
  static long readlink(Scratch s, int dir, String name) throws ErrnoException {
    long address = name(s, name, Syscall.READLINKAT);
    return Kernel.call(s, Syscall.READLINKAT, dir, address, s.data.address(), Scratch.DATA_SIZE);
  }

  static long mkdir(Scratch s, int dir, String name, int permissions) throws ErrnoException {
    return Kernel.call(s, Syscall.MKDIRAT, dir, name(s, name, Syscall.MKDIRAT), permissions);
  }

  static long mknod(
      Scratch s, int dir, String name, FileType type, int permissions, int major, int minor)
      throws ErrnoException {
    // The kernel's encoding of a device number: 12 bits of major between 8 and 12 of minor.
    long device = (minor & 0xffL) | ((long) major << 8) | ((minor & ~0xffL) << 12);
    int mode = type.bits() | permissions;
    return Kernel.call(s, Syscall.MKNODAT, dir, name(s, name, Syscall.MKNODAT), mode, device);
  }

  /** The target is any bytes, one per char; nobody looks at it. */
  static long symlink(Scratch s, int dir, String name, String target) throws ErrnoException {
    long text = Kernel.cString(s.pathB, target, Syscall.SYMLINKAT.text);
    return Kernel.call(s, Syscall.SYMLINKAT, text, dir, name(s, name, Syscall.SYMLINKAT));
  }

  static long link(Scratch s, int fromDir, String from, int toDir, String to)
      throws ErrnoException {
    long target = Kernel.cString(s.pathB, to, Syscall.LINKAT.text);
    long existing = name(s, from, Syscall.LINKAT);
    return Kernel.call(s, Syscall.LINKAT, fromDir, existing, toDir, target, 0);
  }

  static long rename(Scratch s, int fromDir, String from, int toDir, String to)
      throws ErrnoException {
    long target = Kernel.cString(s.pathB, to, Syscall.RENAMEAT2.text);
    long existing = name(s, from, Syscall.RENAMEAT2);
    return Kernel.call(s, Syscall.RENAMEAT2, fromDir, existing, toDir, target, 0);
  }

  static long unlink(Scratch s, int dir, String name) throws ErrnoException {
    return Kernel.call(s, Syscall.UNLINKAT, dir, name(s, name, Syscall.UNLINKAT), 0);
  }

  static long rmdir(Scratch s, int dir, String name) throws ErrnoException {
    return Kernel.call(s, Syscall.UNLINKAT, dir, name(s, name, Syscall.UNLINKAT), Abi.AT_REMOVEDIR);
  }

  static long chown(Scratch s, int dir, String name, int uid, int gid) throws ErrnoException {
    return Kernel.call(
        s,
        Syscall.FCHOWNAT,
        dir,
        name(s, name, Syscall.FCHOWNAT),
        uid,
        gid,
        Abi.AT_SYMLINK_NOFOLLOW);
  }

  static long chmod(Scratch s, int dir, String name, int permissions) throws ErrnoException {
    long result =
        Kernel.call(
            s,
            Syscall.FCHMODAT2,
            dir,
            name(s, name, Syscall.FCHMODAT2),
            permissions,
            Abi.AT_SYMLINK_NOFOLLOW);
    return result == -Errno.ENOSYS || result == -Errno.EPERM
        ? chmodThroughProc(s, dir, name, permissions)
        : result;
  }

  /** Before Linux 6.6: an O_PATH descriptor pins the file, and /proc names it without a race. */
  private static long chmodThroughProc(Scratch s, int dir, String name, int permissions)
      throws ErrnoException {
    long pinned = open(s, dir, name, Abi.O_PATH, 0);
    if (pinned < 0) {
      return pinned;
    }
    try {
      if (Xattr.statFd(s, (int) pinned, name).isSymlink()) {
        return -Errno.EOPNOTSUPP;
      }
      return Kernel.call(
          s,
          Syscall.FCHMODAT,
          Abi.AT_FDCWD,
          name(s, "/proc/self/fd/" + pinned, Syscall.FCHMODAT),
          permissions);
    } finally {
      Kernel.close((int) pinned);
    }
  }

  /** Sets the time of last access to the same. */
  static long setModified(Scratch s, int dir, String name, long seconds, int nanos)
      throws ErrnoException {
    s.struct.set(JAVA_LONG, 0, seconds);
    s.struct.set(JAVA_LONG, 8, nanos);
    s.struct.set(JAVA_LONG, 16, seconds);
    s.struct.set(JAVA_LONG, 24, nanos);
    return Kernel.call(
        s,
        Syscall.UTIMENSAT,
        dir,
        name(s, name, Syscall.UTIMENSAT),
        s.struct.address(),
        Abi.AT_SYMLINK_NOFOLLOW);
  }
}
