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
  private static final ByteBuffer END = ByteBuffer.allocateDirect(0);

  private final Digest.Hasher hash = Digest.hasher();
  private final ArrayBlockingQueue<ByteBuffer> blocks = new ArrayBlockingQueue<>(4);
  private final ArrayBlockingQueue<ByteBuffer> done;
  private @Nullable Thread thread;
  private volatile @Nullable Throwable failure;

  /** Gives blocks back to {@code done}, which must have room for all of them. */
  OrderedHash(ArrayBlockingQueue<ByteBuffer> done) {
    this.done = done;
  }

  /** Hashes a block, from its position to its limit, some time; then hands it back. */
  void update(ByteBuffer block) throws InterruptedIOException {
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("jbuild-hash").start(this::run);
    }
    put(block);
  }

  private void put(ByteBuffer block) throws InterruptedIOException {
    try {
      blocks.put(block);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("compression is cancelled");
    }
  }

  private void run() {
    try {
      for (ByteBuffer block = blocks.take(); block.capacity() > 0; block = blocks.take()) {
        try {
          hash.update(block);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        done.put(block);
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

  @Override
  public void close() {
    if (thread != null) {
      thread.interrupt();
    }
  }
}
