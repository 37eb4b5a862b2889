package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
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
  private static final int OPEN_DIRECTORY = Abi.O_RDONLY | Abi.O_DIRECTORY;

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
    String bytes = HostPath.bytes(directory);
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

  /** Opens the directory that this one is in, wherever it has been moved to. */
  public DirFd openParent() throws IOException {
    try (Scratch s = Scratch.take()) {
      return openHere(s, fd, "..", BytePath.ROOT);
    }
  }

  private DirFd openHere(Scratch s, int dir, String name, BytePath directory) throws IOException {
    long opened = NameCalls.open(s, dir, name, OPEN_DIRECTORY, 0);
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
            long result = NameCalls.stat(s, dir, name);
            if (result == -Errno.ENOENT || result == -Errno.ENOTDIR) {
              return Optional.empty();
            }
            Kernel.check(result, Syscall.STATX, file);
            return Optional.of(Kernel.readStatx(s));
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
    // A fresh description, so that two listings of one DirFd do not share a position.
    try (DirFd own = openDirectory(BytePath.ROOT)) {
      return DirRecords.names(own);
    }
  }

  /**
   * The files in this directory with their status, in no particular order, for a fraction of what a
   * {@link #list} and a {@link #find} of each cost. Those that vanish meanwhile are left out.
   */
  public List<DirStat> stats() throws IOException {
    try (DirFd own = openDirectory(BytePath.ROOT)) {
      return DirRecords.stats(own);
    }
  }

  /** The target of a symbolic link, one char per byte. */
  public String readlink(BytePath link) throws IOException {
    return at(
        link,
        (s, dir, name) -> {
          long n = NameCalls.readlink(s, dir, name);
          Kernel.check(n, Syscall.READLINKAT, link);
          byte[] target = new byte[(int) n];
          MemorySegment.copy(s.data, JAVA_BYTE, 0, target, 0, target.length);
          return new String(target, ISO_8859_1);
        });
  }

  /** Makes a directory with these permissions, less the process's umask. */
  public void mkdir(BytePath directory, int permissions) throws IOException {
    run(directory, Syscall.MKDIRAT, (s, d, name) -> NameCalls.mkdir(s, d, name, permissions));
  }

  /** Makes a symbolic link whose target is these bytes, one per char, unchecked. */
  public void symlink(BytePath link, String target) throws IOException {
    run(link, Syscall.SYMLINKAT, (s, dir, name) -> NameCalls.symlink(s, dir, name, target));
  }

  /** Gives an existing file below this directory a second name; a link is linked, not followed. */
  public void link(BytePath existing, BytePath name) throws IOException {
    run(
        existing,
        Syscall.LINKAT,
        (_, fromDir, from) ->
            at(name, (s, toDir, to) -> NameCalls.link(s, fromDir, from, toDir, to)));
  }

  /** Makes a device node, fifo or socket with these permissions, less the process's umask. */
  public void mknod(BytePath node, FileType type, int permissions, int major, int minor)
      throws IOException {
    run(
        node,
        Syscall.MKNODAT,
        (s, dir, name) -> NameCalls.mknod(s, dir, name, type, permissions, major, minor));
  }

  /** Removes a name that is not a directory. */
  public void unlink(BytePath file) throws IOException {
    run(file, Syscall.UNLINKAT, NameCalls::unlink);
  }

  /** Removes an empty directory. */
  public void rmdir(BytePath directory) throws IOException {
    run(directory, Syscall.UNLINKAT, NameCalls::rmdir);
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
        (_, fromDir, old) ->
            target.at(to, (s, toDir, name) -> NameCalls.rename(s, fromDir, old, toDir, name)));
  }

  /** Sets owner and group of a name, of a link itself. Clears setuid and setgid of files. */
  public void chown(BytePath file, int uid, int gid) throws IOException {
    run(file, Syscall.FCHOWNAT, (s, dir, name) -> NameCalls.chown(s, dir, name, uid, gid));
  }

  /** Sets permission bits exactly. A symbolic link is refused with {@code EOPNOTSUPP}. */
  public void chmod(BytePath file, int permissions) throws IOException {
    run(file, Syscall.FCHMODAT, (s, dir, name) -> NameCalls.chmod(s, dir, name, permissions));
  }

  /** Sets the time of last change of a name, of a link itself, and its access time to the same. */
  public void setModified(BytePath file, long seconds, int nanos) throws IOException {
    run(
        file,
        Syscall.UTIMENSAT,
        (s, dir, name) -> NameCalls.setModified(s, dir, name, seconds, nanos));
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
    return new Xattr.ByName(dir, name, file);
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
      long opened = NameCalls.open(s, fd, ".", Abi.O_TMPFILE | Abi.O_RDWR, 0600);
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
          long opened = NameCalls.open(s, dir, name, flags, permissions);
          Kernel.check(opened, Syscall.OPENAT, file);
          return new FileFd((int) opened, file);
        });
  }

  /** This directory itself as a file, for its own mode, owner, times, attributes and sync. */
  public FileFd self() throws IOException {
    try (Scratch s = Scratch.take()) {
      long opened = NameCalls.open(s, fd, ".", OPEN_DIRECTORY, 0);
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
