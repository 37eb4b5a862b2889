package dev.jbuild.layer;

import dev.jbuild.oci.Digest;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Hashes blocks in order on a thread of its own, so that one core hashes the tar while others
 * compress it. The thread starts with the first block and ends with {@link #digest} or {@link
 * #close}.
 */
final class OrderedHash implements AutoCloseable {
  /** A block and whom to tell; the one without whom ends the thread. */
  private record Work(ByteBuffer bytes, @Nullable Runnable done) {}

  private static final Work END = new Work(ByteBuffer.allocate(0), null);

  private final Digest.Hasher hash = Digest.hasher();
  private final ArrayBlockingQueue<Work> blocks;
  private @Nullable Thread thread;
  private volatile @Nullable Throwable failure;

  /** At most {@code most} blocks, and their end, wait. */
  OrderedHash(int most) {
    blocks = new ArrayBlockingQueue<>(most + 1);
  }

  /** Hashes a block, from its position to its limit, some time; then runs {@code done}. */
  void update(ByteBuffer block, Runnable done) throws InterruptedIOException {
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("jbuild-hash").start(this::run);
    }
    put(new Work(block, done));
  }

  private void put(Work work) throws InterruptedIOException {
    try {
      blocks.put(work);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("compression is cancelled");
    }
  }

  private void run() {
    try {
      while (true) {
        Work work = blocks.take();
        if (work.done == null) {
          return;
        }
        try {
          hash.update(work.bytes);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        work.done.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The digest of all blocks and of {@code last}, which is hashed at once. */
  Digest digest(ByteBuffer last) throws InterruptedIOException {
    Thread running = thread;
    if (running != null) {
      put(END);
      try {
        running.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("compression is cancelled");
      }
    }
    if (failure != null) {
      throw new IllegalStateException("hashing fails", failure);
    }
    return hash.update(last).digest();
  }

  /** Returns when no block is read any more. */
  @Override
  public void close() {
    Thread running = thread;
    if (running == null) {
      return;
    }
    running.interrupt();
    boolean interrupted = false;
    while (running.isAlive()) {
      try {
        running.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
