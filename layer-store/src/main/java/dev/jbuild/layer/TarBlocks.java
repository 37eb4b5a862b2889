package dev.jbuild.layer;

import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The native memory that a tar passes through: a block is filled by one thread while others are
 * hashed and compressed, and is filled again when all are done with it.
 *
 * <p>Each stream may have two blocks. What it would like besides comes out of a budget of the
 * process, so that many layers at once do not take many times the memory; without it a stream is
 * slower, never stuck. Taken from by one thread, given back by any.
 */
final class TarBlocks implements AutoCloseable {
  private static final int UNIT = 256 * 1024;

  /** A quarter of the heap's limit, which is also the JVM's limit of native buffers. */
  private static final Semaphore BUDGET =
      new Semaphore((int) Math.min(Runtime.getRuntime().maxMemory() / 4 / UNIT, 4096));

  private final int size;
  private final int most;
  private final ArrayBlockingQueue<Block> free;
  private final Arena arena = Arena.ofShared();
  private int made;
  private int extra;

  /** Blocks of {@code size} bytes, at least two and at most {@code most}. */
  TarBlocks(int size, int most) {
    this.size = size;
    this.most = Math.max(2, most);
    this.free = new ArrayBlockingQueue<>(this.most);
  }

  /** A run of the tar's bytes. */
  final class Block {
    final ByteBuffer bytes = arena.allocate(size).asByteBuffer();
    private final AtomicInteger readers = new AtomicInteger();

    /** Says how many will call {@link #release}. */
    Block sharedBy(int count) {
      readers.set(count);
      return this;
    }

    void release() {
      if (readers.decrementAndGet() == 0) {
        free.add(this);
      }
    }
  }

  /** An empty block; waits until one is given back if there may be no more. */
  Block take() throws InterruptedIOException {
    Block block = free.poll();
    if (block == null && mayMakeOne()) {
      made++;
      block = new Block();
    }
    try {
      block = block == null ? free.take() : block;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("compression is cancelled");
    }
    block.bytes.clear();
    return block;
  }

  private boolean mayMakeOne() {
    if (made < 2) {
      return true;
    }
    if (made < most && BUDGET.tryAcquire(size / UNIT)) {
      extra++;
      return true;
    }
    return false;
  }

  /** Frees the memory. Nobody may use a block any more. */
  @Override
  public void close() {
    arena.close();
    BUDGET.release(extra * (size / UNIT));
    extra = 0;
  }
}
