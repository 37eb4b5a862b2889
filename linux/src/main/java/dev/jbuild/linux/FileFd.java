package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file: reads, writes and changes it without naming it again.
 *
 * <p>Reads and writes go through off-heap room that is reused, so their cost is one system call and
 * one copy. The file position belongs to the descriptor: sequential reads from several threads need
 * their own order. {@link #close} may be called more than once.
 */
public final class FileFd implements AutoCloseable {
  private final int fd;

  /** What errors name: a text, or what becomes one. */
  private final Object path;

  private final AtomicBoolean closed = new AtomicBoolean();

  FileFd(int fd, Object path) {
    this.fd = fd;
    this.path = path;
  }

  /** The descriptor's number, valid until {@link #close}. */
  public int number() {
    return fd;
  }

  /** Size, times and owner as of now. */
  public Stat stat() throws IOException {
    try (Scratch s = Scratch.take()) {
      return Xattr.statFd(s, fd, path);
    }
  }

  /** Reads at the file position: the number of bytes, or -1 at the end. */
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    try (Scratch s = Scratch.take()) {
      long max = Math.min(length, Scratch.DATA_SIZE);
      int n = (int) result(Kernel.call(s, Syscall.READ, fd, s.data.address(), max), Syscall.READ);
      MemorySegment.copy(s.data, JAVA_BYTE, 0, buffer, offset, n);
      return n == 0 ? -1 : n;
    }
  }

  /**
   * Reads at the file position straight into a direct buffer, without a copy: the number of bytes,
   * or -1 at the end.
   */
  public int read(ByteBuffer direct) throws IOException {
    if (!direct.hasRemaining()) {
      return 0;
    }
    try (Scratch s = Scratch.take()) {
      long address = MemorySegment.ofBuffer(direct).address();
      int n =
          (int) result(Kernel.call(s, Syscall.READ, fd, address, direct.remaining()), Syscall.READ);
      direct.position(direct.position() + n);
      return n == 0 ? -1 : n;
    }
  }

  /** Reads at an offset without moving the position: the number of bytes, or -1 at the end. */
  public int readAt(long position, byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    try (Scratch s = Scratch.take()) {
      long max = Math.min(length, Scratch.DATA_SIZE);
      int n =
          (int)
              result(
                  Kernel.call(s, Syscall.PREAD64, fd, s.data.address(), max, position),
                  Syscall.PREAD64);
      MemorySegment.copy(s.data, JAVA_BYTE, 0, buffer, offset, n);
      return n == 0 ? -1 : n;
    }
  }

  /** Writes all of the range at the file position. */
  public void write(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    try (Scratch s = Scratch.take()) {
      int done = 0;
      while (done < length) {
        int n = Math.min(length - done, Scratch.DATA_SIZE);
        MemorySegment.copy(buffer, offset + done, s.data, JAVA_BYTE, 0, n);
        int written = 0;
        while (written < n) {
          written +=
              (int)
                  result(
                      Kernel.call(s, Syscall.WRITE, fd, s.data.address() + written, n - written),
                      Syscall.WRITE);
        }
        done += n;
      }
    }
  }

  /** Moves the file position. */
  public void position(long offset) throws IOException {
    try (Scratch s = Scratch.take()) {
      result(Kernel.call(s, Syscall.LSEEK, fd, offset, Abi.SEEK_SET), Syscall.LSEEK);
    }
  }

  /**
   * Start of the next data at or after {@code offset}; empty when there is only a hole up to the
   * end. A file system that does not track holes says that everything is data. Moves the position.
   */
  public Optional<Long> nextData(long offset) throws IOException {
    try (Scratch s = Scratch.take()) {
      long found = Kernel.call(s, Syscall.LSEEK, fd, offset, Abi.SEEK_DATA);
      if (found == -Errno.ENXIO) {
        return Optional.empty();
      }
      return Optional.of(found == -Errno.EINVAL ? offset : result(found, Syscall.LSEEK));
    }
  }

  /**
   * Start of the next hole at or after {@code offset}; the end counts as one. Moves the position.
   */
  public long nextHole(long offset) throws IOException {
    try (Scratch s = Scratch.take()) {
      long found = Kernel.call(s, Syscall.LSEEK, fd, offset, Abi.SEEK_HOLE);
      return found == -Errno.EINVAL ? stat().size() : result(found, Syscall.LSEEK);
    }
  }

  /**
   * Takes an advisory lock of the whole file (flock(2)) if that needs no waiting; the lock belongs
   * to this open file, so it excludes other threads as well as other processes, and ends with
   * {@link #close} or the process.
   *
   * @return false if another holds a lock that excludes this one
   */
  public boolean tryLock(boolean exclusive) throws IOException {
    try (Scratch s = Scratch.take()) {
      long result = Kernel.call(s, Syscall.FLOCK, fd, operation(exclusive) | Abi.LOCK_NB, 0);
      if (result == -Errno.EAGAIN) {
        return false;
      }
      Kernel.check(result, Syscall.FLOCK, path);
      return true;
    }
  }

  /** As {@link #tryLock}, waiting as long as it takes. Blocks the carrier of a virtual thread. */
  public void lock(boolean exclusive) throws IOException {
    try (Scratch s = Scratch.take()) {
      Kernel.check(Kernel.call(s, Syscall.FLOCK, fd, operation(exclusive), 0), Syscall.FLOCK, path);
    }
  }

  private static int operation(boolean exclusive) {
    return exclusive ? Abi.LOCK_EX : Abi.LOCK_SH;
  }

  /** Cuts or extends to {@code size}; an extension is a hole. */
  public void truncate(long size) throws IOException {
    try (Scratch s = Scratch.take()) {
      result(Kernel.call(s, Syscall.FTRUNCATE, fd, size, 0), Syscall.FTRUNCATE);
    }
  }

  /** Sets permission bits exactly; the umask plays no part. */
  public void chmod(int permissions) throws IOException {
    try (Scratch s = Scratch.take()) {
      result(Kernel.call(s, Syscall.FCHMOD, fd, permissions, 0), Syscall.FCHMOD);
    }
  }

  /** Sets owner and group. The kernel clears setuid and setgid, so a chmod comes after this. */
  public void chown(int uid, int gid) throws IOException {
    try (Scratch s = Scratch.take()) {
      result(Kernel.call(s, Syscall.FCHOWN, fd, uid, gid), Syscall.FCHOWN);
    }
  }

  /** Sets the time of last change, and the access time to the same. */
  public void setModified(long seconds, int nanos) throws IOException {
    try (Scratch s = Scratch.take()) {
      s.struct.set(JAVA_LONG, 0, seconds);
      s.struct.set(JAVA_LONG, 8, nanos);
      s.struct.set(JAVA_LONG, 16, seconds);
      s.struct.set(JAVA_LONG, 24, nanos);
      result(Kernel.call(s, Syscall.UTIMENSAT, fd, 0, s.struct.address(), 0), Syscall.UTIMENSAT);
    }
  }

  /** All extended attributes that the caller may see, by name, one char per byte of the name. */
  public SortedMap<String, byte[]> xattrs() throws IOException {
    return Xattr.all(new Xattr.ByFd(fd, path));
  }

  /** One extended attribute. */
  public Optional<byte[]> xattr(String name) throws IOException {
    return Xattr.get(new Xattr.ByFd(fd, path), name);
  }

  public void setXattr(String name, byte[] value) throws IOException {
    Xattr.set(new Xattr.ByFd(fd, path), name, value);
  }

  public void removeXattr(String name) throws IOException {
    Xattr.remove(new Xattr.ByFd(fd, path), name);
  }

  /** Returns when content and size are on stable storage. */
  public void sync() throws IOException {
    try (Scratch s = Scratch.take()) {
      result(Kernel.call(s, Syscall.FSYNC, fd, 0, 0), Syscall.FSYNC);
    }
  }

  /**
   * Makes {@code target}, which must be empty, a copy of this file's content: shared blocks where
   * the file system can, else copied inside the kernel, else through memory. Holes stay holes.
   */
  public void copyTo(FileFd target) throws IOException {
    try (Scratch s = Scratch.take()) {
      if (Kernel.call(s, Syscall.IOCTL, target.fd, Abi.FICLONE, fd) == 0) {
        return;
      }
    }
    long size = stat().size();
    long offset = 0;
    while (offset < size) {
      Optional<Long> data = nextData(offset);
      if (data.isEmpty()) {
        break;
      }
      long end = Math.min(nextHole(data.get()), size);
      copyRange(data.get(), target, end - data.get());
      offset = end;
    }
    target.truncate(size);
  }

  private void copyRange(long offset, FileFd target, long length) throws IOException {
    try (Scratch s = Scratch.take()) {
      long done = 0;
      while (done < length) {
        s.struct.set(JAVA_LONG, 0, offset + done);
        s.struct.set(JAVA_LONG, 8, offset + done);
        long n =
            Kernel.call(
                s,
                Syscall.COPY_FILE_RANGE,
                fd,
                s.struct.address(),
                target.fd,
                s.struct.address() + 8,
                length - done,
                0);
        if (n == 0) {
          return;
        }
        if (n < 0) {
          copyThroughMemory(s, offset + done, target, length - done);
          return;
        }
        done += n;
      }
    }
  }

  private void copyThroughMemory(Scratch s, long offset, FileFd target, long length)
      throws IOException {
    long done = 0;
    while (done < length) {
      long want = Math.min(length - done, Scratch.DATA_SIZE);
      long n =
          result(
              Kernel.call(s, Syscall.PREAD64, fd, s.data.address(), want, offset + done),
              Syscall.PREAD64);
      if (n == 0) {
        return;
      }
      long written = 0;
      while (written < n) {
        written +=
            target.result(
                Kernel.call(
                    s,
                    Syscall.PWRITE64,
                    target.fd,
                    s.data.address() + written,
                    n - written,
                    offset + done + written),
                Syscall.PWRITE64);
      }
      done += n;
    }
  }

  /**
   * This file as a stream from the current position. Closing the stream closes the file. {@code
   * skip} moves the position without reading, so skipped holes cost nothing.
   */
  public InputStream inputStream() {
    return new FdInputStream(this);
  }

  /** This file as an unbuffered stream at the current position. Closing it closes the file. */
  public OutputStream outputStream() {
    return new FdOutputStream(this);
  }

  private long result(long result, Syscall call) throws ErrnoException {
    return Kernel.check(result, call, path);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Kernel.close(fd);
    }
  }

  private static final class FdInputStream extends InputStream {
    private final FileFd file;

    FdInputStream(FileFd file) {
      this.file = file;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      return file.read(buffer, offset, length);
    }

    @Override
    public long skip(long n) throws IOException {
      if (n <= 0) {
        return 0;
      }
      try (Scratch s = Scratch.take()) {
        long here = file.result(Kernel.call(s, Syscall.LSEEK, file.fd, 0, 1), Syscall.LSEEK);
        long there = Math.min(here + n, Math.max(here, file.stat().size()));
        file.position(there);
        return there - here;
      }
    }

    @Override
    public void close() {
      file.close();
    }
  }

  private static final class FdOutputStream extends OutputStream {
    private final FileFd file;

    FdOutputStream(FileFd file) {
      this.file = file;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      file.write(buffer, offset, length);
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
