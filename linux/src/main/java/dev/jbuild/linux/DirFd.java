package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open directory, from which everything below it is reached.
 *
 * <p><b>Rule.</b> No operation follows a symbolic link, neither in the last component nor before
 * it, and none leaves this directory: a path with a link in its middle is refused with {@code
 * ELOOP}. The kernel enforces it (openat2 beneath, or component by component with O_NOFOLLOW), so
 * it holds even while another process renames things.
 *
 * <p><b>Cost.</b> A path of one component takes one system call. A longer one takes two more, to
 * open and close its parent; a caller with many names in one directory opens that directory. Paths
 * may be longer than the kernel's PATH_MAX.
 *
 * <p>Errors are {@link ErrnoException}. Safe for use by several threads; close it when none uses
 * it.
 */
public final class DirFd implements AutoCloseable {
  private static final int OPEN_DIRECTORY =
      Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_NOFOLLOW | Abi.O_CLOEXEC;

  private final int fd;

  /** Where it was opened, one char per byte. */
  private final String bytes;

  private final AtomicBoolean closed = new AtomicBoolean();

  private DirFd(int fd, String bytes) {
    this.fd = fd;
    this.bytes = bytes;
  }

  /** Opens a directory of the host. Symbolic links in {@code directory} are followed. */
  public static DirFd open(Path directory) throws IOException {
    String bytes = hostBytes(directory);
    try (Scratch s = Scratch.take()) {
      long fd =
          Kernel.call(
              s,
              Syscall.OPENAT,
              Abi.AT_FDCWD,
              Kernel.cString(s.pathA, bytes, "openat"),
              Abi.O_RDONLY | Abi.O_DIRECTORY | Abi.O_CLOEXEC,
              0);
      DirFd opened = new DirFd((int) fd, bytes);
      Kernel.check(fd, Syscall.OPENAT, opened);
      return opened;
    }
  }

  /**
   * The URI of a path keeps its exact bytes, percent-encoded; its text may not, unless all of it is
   * ASCII.
   */
  private static String hostBytes(Path path) {
    String text = path.toAbsolutePath().toString();
    if (text.getBytes(UTF_8).length == text.length()) {
      return text;
    }
    URI uri = path.toAbsolutePath().toUri();
    String raw = uri.getRawPath();
    StringBuilder bytes = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        bytes.append((char) Integer.parseInt(raw, i + 1, i + 3, 16));
        i += 2;
      } else {
        bytes.append(c);
      }
    }
    return bytes.toString();
  }

  /** The descriptor's number, valid until {@link #close}. */
  public int number() {
    return fd;
  }

  /** Opens a directory below this one. */
  public DirFd openDirectory(BytePath directory) throws IOException {
    if (directory.isRoot()) {
      try (Scratch s = Scratch.take()) {
        return openHere(s, fd, ".", directory);
      }
    }
    return at(directory, (s, dir, name) -> openHere(s, dir, name, directory));
  }

  private DirFd openHere(Scratch s, int dir, String name, BytePath directory) throws IOException {
    long opened =
        Kernel.call(
            s, Syscall.OPENAT, dir, Kernel.cString(s.pathA, name, "openat"), OPEN_DIRECTORY, 0);
    DirFd result =
        new DirFd((int) opened, directory.isRoot() ? bytes : bytes + "/" + directory.latin1());
    Kernel.check(opened, Syscall.OPENAT, result);
    return result;
  }

  /** Status of a name; of a link itself if it is one. The root path means this directory. */
  public Stat stat(BytePath file) throws IOException {
    return find(file).orElseThrow(() -> new ErrnoException(Errno.ENOENT, "statx", file.toString()));
  }

  /** As {@link #stat}, empty if the name or a directory on its way does not exist. */
  public Optional<Stat> find(BytePath file) throws IOException {
    try {
      if (file.isRoot()) {
        try (Scratch s = Scratch.take()) {
          return Optional.of(Xattr.statFd(s, fd, this));
        }
      }
      return at(
          file,
          (s, dir, name) -> {
            long result =
                Kernel.call(
                    s,
                    Syscall.STATX,
                    dir,
                    Kernel.cString(s.pathA, name, "statx"),
                    Abi.AT_SYMLINK_NOFOLLOW,
                    Abi.STATX_BASIC_STATS,
                    s.struct.address());
            if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
              return Optional.empty();
            }
            Kernel.check(result, Syscall.STATX, file);
            return Optional.of(Kernel.readStatx(s.struct));
          });
    } catch (ErrnoException e) {
      if (e.isMissing()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The names in this directory, without {@code "."} and {@code ".."}, in no particular order. */
  public List<DirEntry> list() throws IOException {
    List<DirEntry> names = new ArrayList<>();
    try (Scratch s = Scratch.take()) {
      // A fresh description, so that two listings of one DirFd do not share a position.
      try (DirFd own = openHere(s, fd, ".", BytePath.ROOT)) {
        while (true) {
          long n = Kernel.call(s, Syscall.GETDENTS64, own.fd, s.data.address(), Scratch.DATA_SIZE);
          if (Kernel.check(n, Syscall.GETDENTS64, this) == 0) {
            return names;
          }
          readDirents(s.data.asSlice(0, n), names);
        }
      }
    }
  }

  private static void readDirents(MemorySegment records, List<DirEntry> names) {
    // struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, char name[]
    long at = 0;
    while (at < records.byteSize()) {
      int length = records.get(JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
      String name = records.getString(at + 19, ISO_8859_1);
      if (!name.equals(".") && !name.equals("..")) {
        long ino = records.get(JAVA_LONG_UNALIGNED, at);
        int type = (records.get(JAVA_BYTE, at + 18) & 0xff) << 12;
        Optional<FileType> known =
            type == 0 ? Optional.empty() : Optional.of(FileType.ofMode(type));
        names.add(new DirEntry(BytePath.ofLatin1(name), ino, known));
      }
      at += length;
    }
  }

  /** The target of a symbolic link, one char per byte. */
  public String readlink(BytePath link) throws IOException {
    return at(
        link,
        (s, dir, name) -> {
          long n =
              Kernel.call(
                  s,
                  Syscall.READLINKAT,
                  dir,
                  Kernel.cString(s.pathA, name, "readlinkat"),
                  s.data.address(),
                  Scratch.DATA_SIZE);
          Kernel.check(n, Syscall.READLINKAT, link);
          byte[] target = new byte[(int) n];
          MemorySegment.copy(s.data, JAVA_BYTE, 0, target, 0, target.length);
          return new String(target, ISO_8859_1);
        });
  }

  /** Makes a directory with these permissions, less the process's umask. */
  public void mkdir(BytePath directory, int permissions) throws IOException {
    run(
        directory,
        Syscall.MKDIRAT,
        (s, dir, name) ->
            Kernel.call(
                s, Syscall.MKDIRAT, dir, Kernel.cString(s.pathA, name, "mkdirat"), permissions));
  }

  /** Makes a symbolic link whose target is these bytes, one per char, unchecked. */
  public void symlink(BytePath link, String target) throws IOException {
    run(
        link,
        Syscall.SYMLINKAT,
        (s, dir, name) ->
            Kernel.call(
                s,
                Syscall.SYMLINKAT,
                Kernel.cString(s.pathB, target, "symlinkat"),
                dir,
                Kernel.cString(s.pathA, name, "symlinkat")));
  }

  /** Gives an existing file below this directory a second name; a link is linked, not followed. */
  public void link(BytePath existing, BytePath name) throws IOException {
    run(
        existing,
        Syscall.LINKAT,
        (outer, fromDir, fromName) ->
            at(
                name,
                (s, toDir, toName) ->
                    Kernel.call(
                        s,
                        Syscall.LINKAT,
                        fromDir,
                        Kernel.cString(s.pathA, fromName, "linkat"),
                        toDir,
                        Kernel.cString(s.pathB, toName, "linkat"),
                        0)));
  }

  /** Makes a device node, fifo or socket with these permissions, less the process's umask. */
  public void mknod(BytePath node, FileType type, int permissions, int major, int minor)
      throws IOException {
    long device = (minor & 0xffL) | ((long) major << 8) | ((minor & ~0xffL) << 12);
    run(
        node,
        Syscall.MKNODAT,
        (s, dir, name) ->
            Kernel.call(
                s,
                Syscall.MKNODAT,
                dir,
                Kernel.cString(s.pathA, name, "mknodat"),
                type.bits() | permissions,
                device));
  }

  /** Removes a name that is not a directory. */
  public void unlink(BytePath file) throws IOException {
    run(
        file,
        Syscall.UNLINKAT,
        (s, dir, name) ->
            Kernel.call(s, Syscall.UNLINKAT, dir, Kernel.cString(s.pathA, name, "unlinkat"), 0));
  }

  /** Removes an empty directory. */
  public void rmdir(BytePath directory) throws IOException {
    run(
        directory,
        Syscall.UNLINKAT,
        (s, dir, name) ->
            Kernel.call(
                s,
                Syscall.UNLINKAT,
                dir,
                Kernel.cString(s.pathA, name, "unlinkat"),
                Abi.AT_REMOVEDIR));
  }

  /** Removes a name and, if it is a directory, everything below it. Missing is no error. */
  public void deleteTree(BytePath tree) throws IOException {
    TreeRemoval.remove(this, tree);
  }

  /** Moves a name within this directory's tree; an existing target of the same kind is replaced. */
  public void rename(BytePath from, BytePath to) throws IOException {
    rename(from, this, to);
  }

  /** Moves a name to another directory of the same file system, replacing atomically. */
  public void rename(BytePath from, DirFd target, BytePath to) throws IOException {
    run(
        from,
        Syscall.RENAMEAT2,
        (outer, fromDir, fromName) ->
            target.at(
                to,
                (s, toDir, toName) ->
                    Kernel.call(
                        s,
                        Syscall.RENAMEAT2,
                        fromDir,
                        Kernel.cString(s.pathA, fromName, "renameat2"),
                        toDir,
                        Kernel.cString(s.pathB, toName, "renameat2"),
                        0)));
  }

  /** Sets owner and group of a name, of a link itself. Clears setuid and setgid of files. */
  public void chown(BytePath file, int uid, int gid) throws IOException {
    run(
        file,
        Syscall.FCHOWNAT,
        (s, dir, name) ->
            Kernel.call(
                s,
                Syscall.FCHOWNAT,
                dir,
                Kernel.cString(s.pathA, name, "fchownat"),
                uid,
                gid,
                Abi.AT_SYMLINK_NOFOLLOW));
  }

  /** Sets permission bits exactly. A symbolic link is refused with {@code EOPNOTSUPP}. */
  public void chmod(BytePath file, int permissions) throws IOException {
    run(
        file,
        Syscall.FCHMODAT,
        (s, dir, name) -> {
          long result =
              Kernel.call(
                  s,
                  Syscall.FCHMODAT2,
                  dir,
                  Kernel.cString(s.pathA, name, "fchmodat2"),
                  permissions,
                  Abi.AT_SYMLINK_NOFOLLOW);
          return result == -Errno.ENOSYS || result == -Errno.EPERM
              ? chmodThroughProc(s, dir, name, permissions)
              : result;
        });
  }

  /** Before Linux 6.6: an O_PATH descriptor pins the file, and /proc names it without a race. */
  private static long chmodThroughProc(Scratch s, int dir, String name, int permissions)
      throws IOException {
    long pinned =
        Kernel.call(
            s,
            Syscall.OPENAT,
            dir,
            Kernel.cString(s.pathA, name, "openat"),
            Abi.O_PATH | Abi.O_NOFOLLOW | Abi.O_CLOEXEC,
            0);
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
          Kernel.cString(s.pathA, "/proc/self/fd/" + pinned, "fchmodat"),
          permissions);
    } finally {
      Kernel.close((int) pinned);
    }
  }

  /** Sets the time of last change of a name, of a link itself, and its access time to the same. */
  public void setModified(BytePath file, long seconds, int nanos) throws IOException {
    run(
        file,
        Syscall.UTIMENSAT,
        (s, dir, name) -> {
          s.struct.set(JAVA_LONG, 0, seconds);
          s.struct.set(JAVA_LONG, 8, nanos);
          s.struct.set(JAVA_LONG, 16, seconds);
          s.struct.set(JAVA_LONG, 24, nanos);
          return Kernel.call(
              s,
              Syscall.UTIMENSAT,
              dir,
              Kernel.cString(s.pathA, name, "utimensat"),
              s.struct.address(),
              Abi.AT_SYMLINK_NOFOLLOW);
        });
  }

  /**
   * All extended attributes of a name that the caller may see, of a link itself. The root path
   * means this directory.
   */
  public SortedMap<String, byte[]> xattrs(BytePath file) throws IOException {
    if (file.isRoot()) {
      return Xattr.all(new Xattr.ByFd(fd, this));
    }
    return at(file, (s, dir, name) -> Xattr.all(xattrTarget(dir, name, file)));
  }

  /** One extended attribute of a name, of a link itself. The root path means this directory. */
  public Optional<byte[]> xattr(BytePath file, String attribute) throws IOException {
    if (file.isRoot()) {
      return Xattr.get(new Xattr.ByFd(fd, this), attribute);
    }
    return at(file, (s, dir, name) -> Xattr.get(xattrTarget(dir, name, file), attribute));
  }

  public void setXattr(BytePath file, String attribute, byte[] value) throws IOException {
    run(
        file,
        Syscall.LSETXATTR,
        (s, dir, name) -> {
          Xattr.set(xattrTarget(dir, name, file), attribute, value);
          return 0L;
        });
  }

  public void removeXattr(BytePath file, String attribute) throws IOException {
    run(
        file,
        Syscall.LREMOVEXATTR,
        (s, dir, name) -> {
          Xattr.remove(xattrTarget(dir, name, file), attribute);
          return 0L;
        });
  }

  private static Xattr.Target xattrTarget(int dir, String name, BytePath file) {
    return new Xattr.ByPath("/proc/self/fd/" + dir + "/" + name, file);
  }

  /**
   * Opens a regular file for reading.
   *
   * @throws ErrnoException with {@code EINVAL} if it is not regular; a fifo does not block
   */
  public FileFd openRead(BytePath file) throws IOException {
    FileFd opened = open(file, Abi.O_RDONLY | Abi.O_NONBLOCK, 0);
    if (!opened.stat().isRegular()) {
      opened.close();
      throw new ErrnoException(Errno.EINVAL, "openat", file.toString());
    }
    return opened;
  }

  /** Creates a regular file that must not exist; permissions are less the process's umask. */
  public FileFd create(BytePath file, int permissions) throws IOException {
    return open(file, Abi.O_WRONLY | Abi.O_CREAT | Abi.O_EXCL, permissions);
  }

  /**
   * Creates a regular file that has no name and is gone when it is closed, for reading and writing.
   */
  public FileFd createUnnamed() throws IOException {
    try (Scratch s = Scratch.take()) {
      long opened =
          Kernel.call(
              s,
              Syscall.OPENAT,
              fd,
              Kernel.cString(s.pathA, ".", "openat"),
              Abi.O_TMPFILE | Abi.O_RDWR | Abi.O_CLOEXEC,
              0600);
      if (opened >= 0) {
        return new FileFd((int) opened, this);
      }
    }
    // Not every file system knows O_TMPFILE (overlay did not before Linux 6.x).
    BytePath name = BytePath.of(".unnamed-" + java.util.UUID.randomUUID());
    FileFd file = open(name, Abi.O_RDWR | Abi.O_CREAT | Abi.O_EXCL, 0600);
    unlink(name);
    return file;
  }

  /** Opens an existing regular file for writing, without cutting it. */
  public FileFd openWrite(BytePath file) throws IOException {
    return open(file, Abi.O_RDWR | Abi.O_NONBLOCK, 0);
  }

  private FileFd open(BytePath file, int flags, int permissions) throws IOException {
    return at(
        file,
        (s, dir, name) -> {
          long opened =
              Kernel.call(
                  s,
                  Syscall.OPENAT,
                  dir,
                  Kernel.cString(s.pathA, name, "openat"),
                  flags | Abi.O_NOFOLLOW | Abi.O_CLOEXEC,
                  permissions);
          Kernel.check(opened, Syscall.OPENAT, file);
          return new FileFd((int) opened, file);
        });
  }

  /** This directory itself as a file, for its own mode, owner, times, attributes and sync. */
  public FileFd self() throws IOException {
    try (Scratch s = Scratch.take()) {
      long opened =
          Kernel.call(
              s, Syscall.OPENAT, fd, Kernel.cString(s.pathA, ".", "openat"), OPEN_DIRECTORY, 0);
      return new FileFd((int) Kernel.check(opened, Syscall.OPENAT, this), this);
    }
  }

  /** Returns when everything written to the file system of this directory is on stable storage. */
  public void syncFileSystem() throws IOException {
    try (Scratch s = Scratch.take()) {
      Kernel.check(Kernel.call(s, Syscall.SYNCFS, fd, 0, 0), Syscall.SYNCFS, this);
    }
  }

  /** Bytes that the caller may still write on the file system of this directory. */
  public long freeBytes() throws IOException {
    try (Scratch s = Scratch.take()) {
      Kernel.check(
          Kernel.call(s, Syscall.FSTATFS, fd, s.struct.address(), 0), Syscall.FSTATFS, this);
      // struct statfs on 64 bit: type, bsize, blocks, bfree, bavail
      return s.struct.get(JAVA_LONG, 8) * s.struct.get(JAVA_LONG, 32);
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Kernel.close(fd);
    }
  }

  @Override
  public String toString() {
    return BytePath.printable(bytes);
  }

  @FunctionalInterface
  private interface OnName<T> {
    T apply(Scratch s, int dir, String name) throws IOException;
  }

  /** Runs an operation on the last name of a path, in its parent directory. */
  private <T> T at(BytePath file, OnName<T> operation) throws IOException {
    if (file.isRoot()) {
      throw new ErrnoException(Errno.EINVAL, "openat", toString());
    }
    try (Scratch s = Scratch.take()) {
      BytePath parent = file.parent();
      if (parent.isRoot()) {
        return operation.apply(s, fd, file.latin1());
      }
      int dir = (int) Kernel.check(Beneath.openDirectory(s, fd, parent), Syscall.OPENAT2, parent);
      try {
        return operation.apply(s, dir, file.name().latin1());
      } finally {
        Kernel.close(dir);
      }
    }
  }

  private void run(BytePath file, Syscall call, OnName<Long> operation) throws IOException {
    Kernel.check(at(file, operation), call, file);
  }
}
