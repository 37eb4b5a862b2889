package dev.jbuild.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Off-heap room for the arguments of one system call, taken from a small pool.
 *
 * <p>An arena per call would cost more than most calls; a thread-local would live as long as each
 * of a million virtual threads. A handful of slots, probed from the thread's number, costs one
 * atomic exchange and never blocks: an empty slot means a fresh allocation, a full one on return
 * means the collector frees it.
 */
final class Scratch implements AutoCloseable {
  /** A path, with its NUL, that the kernel accepts in one call. */
  static final int PATH_MAX = 4096;

  /** Room for a file's data, a listing or one xattr value (64 KiB is the kernel's limit there). */
  static final int DATA_SIZE = 256 * 1024;

  /** Longs of {@code struct statx} that somebody looks at. */
  static final int WORDS = 18;

  private static final int SLOTS = 16;
  private static final AtomicReferenceArray<Scratch> POOL = new AtomicReferenceArray<>(SLOTS);

  final MemorySegment errno;
  final MemorySegment pathA;
  final MemorySegment pathB;
  final MemorySegment struct;
  final MemorySegment data;

  /** Where {@link Kernel#readStatx} puts what it read. */
  final long[] words = new long[WORDS];

  private Scratch() {
    MemorySegment all = Arena.ofAuto().allocate(64 + 2L * 2 * PATH_MAX + 512 + DATA_SIZE, 64);
    errno = all.asSlice(0, 64);
    pathA = all.asSlice(64, 2 * PATH_MAX);
    pathB = all.asSlice(64 + 2L * PATH_MAX, 2 * PATH_MAX);
    struct = all.asSlice(64 + 4L * PATH_MAX, 512);
    data = all.asSlice(64 + 4L * PATH_MAX + 512, DATA_SIZE);
  }

  static Scratch take() {
    int start = (int) Thread.currentThread().threadId();
    for (int i = 0; i < 4; i++) {
      Scratch found = POOL.getAndSet((start + i) & (SLOTS - 1), null);
      if (found != null) {
        return found;
      }
    }
    return new Scratch();
  }

  @Override
  public void close() {
    int start = (int) Thread.currentThread().threadId();
    for (int i = 0; i < 4; i++) {
      if (POOL.compareAndSet((start + i) & (SLOTS - 1), null, this)) {
        return;
      }
    }
  }
}
