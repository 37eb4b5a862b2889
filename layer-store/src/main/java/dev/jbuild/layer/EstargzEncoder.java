package dev.jbuild.layer;

import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a tar that arrives in blocks to an {@link EstargzWriter}, which reads it entry by entry on
 * a thread of its own.
 */
final class EstargzEncoder implements BlockEncoder {
  private static final byte[] END = {};

  private final ArrayBlockingQueue<byte[]> blocks = new ArrayBlockingQueue<>(4);
  private final FutureTask<EstargzWriter.Summary> writing;
  private final Thread thread;
  private EstargzWriter.@Nullable Summary summary;

  EstargzEncoder(OutputStream out, int level, ExecutorService threads, int parallelism) {
    writing =
        new FutureTask<>(() -> {
          try (EstargzWriter writer = new EstargzWriter(out, level, threads, parallelism)) {
            return writer.convert(new QueueStream());
          } finally {
            // Whoever still waits to hand a block over must not wait for ever.
            blocks.clear();
          }
        });
    thread = Thread.ofVirtual().name("jbuild-estargz").start(writing);
  }

  private final class QueueStream extends InputStream {
    private byte[] block = END;
    private int at;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      while (at == block.length) {
        if (ended) {
          return -1;
        }
        try {
          block = blocks.take();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new java.io.InterruptedIOException("compression is cancelled");
        }
        at = 0;
        ended = block.length == 0;
      }
      int n = Math.min(length, block.length - at);
      System.arraycopy(block, at, buffer, offset, n);
      at += n;
      return n;
    }
  }

  @Override
  public void block(ByteBuffer data, Runnable done) throws IOException {
    hand(copy(data));
    done.run();
  }

  private static byte[] copy(ByteBuffer data) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    return bytes;
  }

  @Override
  public void finish(ByteBuffer data) throws IOException {
    if (data.hasRemaining()) {
      hand(copy(data));
    }
    hand(END);
    summary = outcome();
  }

  private void hand(byte[] data) throws IOException {
    try {
      while (!writing.isDone()) {
        if (blocks.offer(data, 100, java.util.concurrent.TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("compression is cancelled");
    }
    outcome();
  }

  private EstargzWriter.Summary outcome() throws IOException {
    try {
      return writing.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new java.io.InterruptedIOException("compression is cancelled");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case IOException failure -> throw failure;
        case null, default -> throw new IOException("estargz", e.getCause());
      }
    }
  }

  CompressedLayer result(DiffId source, HashingSink blob) {
    EstargzWriter.Summary done = java.util.Objects.requireNonNull(summary, "not finished");
    return new CompressedLayer(
        source,
        new DiffId(done.tarDigest()),
        done.tarSize(),
        blob.digest(),
        blob.size(),
        Map.of(
            "containerd.io/snapshot/stargz/toc.digest", done.tocDigest().toString(),
            "io.containers.estargz.uncompressed-size", Long.toString(done.tarSize())));
  }

  @Override
  public void close() {
    thread.interrupt();
    // The sink is the owner's, who closes it next: nothing may be written to it any more.
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
