package dev.jbuild.layer;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * zstd (RFC 8878) in frames of equal length, compressed in parallel, each with its size and a
 * checksum. Frames in a row are one stream to every decoder.
 *
 * <p>libzstd has threads of its own, but they belong to one stream, so that ten layers at once
 * would have ten times as many, and every byte is copied to them and from them again. Frames of 4
 * MiB cost 0.2 % of size against that, and are compressed where the tar was read to.
 */
final class ZstdEncoder implements BlockEncoder {
  private static final int FRAME = 4 * 1024 * 1024;

  /** From this level on the window is longer than a frame, and size counts more than memory. */
  private static final int LONG_FROM_LEVEL = 10;

  private static final int MAX_IN_FLIGHT = 24;

  private final HashingSink out;
  private final int level;
  private final ExecutorService threads;
  private final int inFlight;
  private final Arena arena = Arena.ofShared();
  private final ArrayDeque<Future<Frame>> frames = new ArrayDeque<>();
  private final Queue<Libzstd.Compressor> idle = new ConcurrentLinkedQueue<>();
  private final ArrayDeque<MemorySegment> targets = new ArrayDeque<>();
  private boolean begun;
  private volatile boolean givenUp;

  /** A compressed frame in the memory that it is written from. */
  private record Frame(MemorySegment target, int length) {}

  ZstdEncoder(HashingSink out, int level, ExecutorService threads, int parallelism) {
    this.out = out;
    this.level = level;
    this.threads = threads;
    this.inFlight = Math.min(MAX_IN_FLIGHT, parallelism + 2);
  }

  @Override
  public int blockSize() {
    return level < LONG_FROM_LEVEL ? FRAME : 2 * FRAME;
  }

  /** Those in work, one that is filled, and one whose hash is late. */
  @Override
  public int blocks() {
    return inFlight + 2;
  }

  @Override
  public void block(ByteBuffer data, Runnable done) throws IOException {
    begun = true;
    while (frames.size() >= inFlight || (!frames.isEmpty() && frames.peek().isDone())) {
      writeOldest();
    }
    MemorySegment free = targets.poll();
    MemorySegment target = free == null ? arena.allocate(Libzstd.bound(blockSize())) : free;
    MemorySegment source = MemorySegment.ofBuffer(data);
    frames.add(
        threads.submit(() -> {
          try {
            return givenUp ? new Frame(target, 0) : compress(source, target);
          } finally {
            done.run();
          }
        }));
  }

  @Override
  public void finish(ByteBuffer data) throws IOException {
    // A stream of no bytes is one empty frame, for a decoder must find one.
    if (data.hasRemaining() || !begun) {
      block(data, () -> {});
    }
    while (!frames.isEmpty()) {
      writeOldest();
    }
  }

  private Frame compress(MemorySegment source, MemorySegment target) throws IOException {
    Libzstd.Compressor found = idle.poll();
    Libzstd.Compressor zstd = found == null ? new Libzstd.Compressor(level) : found;
    try {
      return new Frame(target, zstd.frame(source, target));
    } finally {
      idle.add(zstd);
    }
  }

  private void writeOldest() throws IOException {
    Future<Frame> oldest = frames.remove();
    try {
      Frame frame = oldest.get();
      out.write(frame.target.asSlice(0, frame.length).asByteBuffer());
      targets.add(frame.target);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      frames.addFirst(oldest);
      throw new InterruptedIOException("compression is cancelled");
    } catch (ExecutionException e) {
      throw new IOException("zstd frame", e.getCause());
    }
  }

  @Override
  public void close() {
    // What runs reads and writes memory that is about to be freed, so it must have ended; a
    // cancelled future would not say when it has.
    givenUp = true;
    boolean interrupted = false;
    while (!frames.isEmpty()) {
      try {
        frames.peek().get();
        frames.remove();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        frames.remove();
      }
    }
    for (Libzstd.Compressor zstd = idle.poll(); zstd != null; zstd = idle.poll()) {
      zstd.close();
    }
    arena.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
