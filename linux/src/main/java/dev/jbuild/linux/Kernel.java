package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The one door to the kernel: {@code long syscall(long, …)} of the C library.
 *
 * <p>One shape for all calls keeps the binding to a single method handle, made when the first call
 * is made, so that a command that touches no file pays nothing.
 */
final class Kernel {
  /** The half of a long that comes first in memory: jbuild's architectures are little-endian. */
  private static final long LOW = 0xffff_ffffL;

  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle SYSCALL = bind();

  private Kernel() {}

  private static MethodHandle bind() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("syscall"),
        FunctionDescriptor.of(
            JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        Linker.Option.captureCallState("errno"));
  }

  /** The call's result, or the negated error number. Retries what a signal interrupted. */
  static long call(Scratch scratch, Syscall call, long a, long b, long c, long d, long e, long f) {
    try {
      while (true) {
        long result = (long) SYSCALL.invokeExact(scratch.errno, call.number, a, b, c, d, e, f);
        if (result != -1) {
          return result;
        }
        int errno = (int) ERRNO.get(scratch.errno, 0L);
        // close(2) has released the descriptor even when it says EINTR.
        if (errno != Errno.EINTR || call == Syscall.CLOSE) {
          return -errno;
        }
      }
    } catch (Throwable t) {
      throw new AssertionError("system call " + call.text, t);
    }
  }

  static long call(Scratch scratch, Syscall call, long a, long b, long c, long d, long e) {
    return call(scratch, call, a, b, c, d, e, 0);
  }

  static long call(Scratch scratch, Syscall call, long a, long b, long c, long d) {
    return call(scratch, call, a, b, c, d, 0, 0);
  }

  static long call(Scratch scratch, Syscall call, long a, long b, long c) {
    return call(scratch, call, a, b, c, 0, 0, 0);
  }

  /** The path is put into words only for a failure: that costs as much as the call. */
  static long check(long result, Syscall call, Object path) throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException((int) -result, call.text, path.toString());
    }
    return result;
  }

  /** Writes a NUL-terminated string of bytes and returns its address. */
  static long cString(MemorySegment room, String latin1, String call) throws ErrnoException {
    if (latin1.length() >= room.byteSize()) {
      throw new ErrnoException(
          Errno.ENAMETOOLONG, call, BytePath.printable(latin1.substring(0, 64)) + "…");
    }
    room.setString(0, latin1, ISO_8859_1);
    return room.address();
  }

  static void close(int fd) {
    try (Scratch scratch = Scratch.take()) {
      call(scratch, Syscall.CLOSE, fd, 0, 0);
    }
  }

  /**
   * Reads the {@code struct statx} in {@code scratch.struct}, which is the same on every
   * architecture.
   *
   * <p>Fetched as a run of longs: a look at native memory costs more than all the rest of this
   * until the JVM's second compiler has seen it, and there would be one for each field.
   */
  static Stat readStatx(Scratch scratch) {
    long[] w = scratch.words;
    MemorySegment.copy(scratch.struct, JAVA_LONG, 0, w, 0, Scratch.WORDS);
    return new Stat(
        (w[17] & LOW) << 32 | w[17] >>> 32, // stx_dev_major at 136, stx_dev_minor at 140
        w[4], // stx_ino at 32
        (int) (w[3] >>> 32) & 0xffff, // stx_mode at 28
        w[2] & LOW, // stx_nlink at 16
        (int) (w[2] >>> 32), // stx_uid at 20
        (int) w[3], // stx_gid at 24
        (int) w[16], // stx_rdev_major at 128
        (int) (w[16] >>> 32), // stx_rdev_minor at 132
        w[5], // stx_size at 40
        w[6], // stx_blocks at 48
        w[14], // stx_mtime at 112
        (int) w[15],
        w[12], // stx_ctime at 96
        (int) w[13]);
  }
}
