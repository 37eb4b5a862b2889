package dev.jbuild.layer;

import dev.jbuild.layer.deflate.PieceDeflater;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;

/** Writes whole gzip members, deflated in parallel, in the order in which they were added. */
final class GzipMembers implements AutoCloseable {
  private static final int MAX_IN_FLIGHT = 8;

  private final OutputStream out;
  private final int level;
  private final ExecutorService threads;
  private final int inFlight;
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final Queue<PieceDeflater> deflaters = new ConcurrentLinkedQueue<>();
  private long offset;

  private record Pending(Future<byte[]> bytes, LongConsumer placed) {}

  GzipMembers(OutputStream out, int level, ExecutorService threads, int parallelism) {
    this.out = out;
    this.level = level;
    this.threads = threads;
    this.inFlight = Math.min(MAX_IN_FLIGHT, parallelism + 1);
  }

  /** Adds a member; {@code placed} hears its offset when it is written. */
  void add(byte[] content, LongConsumer placed) throws IOException {
    while (pending.size() >= inFlight) {
      writeOldest();
    }
    pending.add(new Pending(threads.submit(() -> deflate(content)), placed));
  }

  /** Writes all that is pending; the offset after it. */
  long drain() throws IOException {
    while (!pending.isEmpty()) {
      writeOldest();
    }
    return offset;
  }

  void writeRaw(byte[] bytes) throws IOException {
    out.write(bytes);
    offset += bytes.length;
  }

  private void writeOldest() throws IOException {
    Pending oldest = pending.remove();
    try {
      byte[] bytes = oldest.bytes.get();
      oldest.placed.accept(offset);
      writeRaw(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("compression is cancelled");
    } catch (ExecutionException e) {
      throw new IOException("gzip member", e.getCause());
    }
  }

  private byte[] deflate(byte[] content) {
    PieceDeflater idle = deflaters.poll();
    PieceDeflater deflater = idle == null ? PieceDeflater.ofLevel(level) : idle;
    byte[] data = Arrays.copyOf(content, content.length + PieceDeflater.SLACK);
    byte[] out = new byte[deflater.bound(content.length)];
    int n = deflater.deflate(data, 0, content.length, true, out);
    deflaters.add(deflater);
    ByteArrayOutputStream member = new ByteArrayOutputStream(n + 18);
    member.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255});
    member.write(out, 0, n);
    CRC32 crc = new CRC32();
    crc.update(content);
    for (long value : new long[] {crc.getValue(), content.length}) {
      for (int i = 0; i < 4; i++) {
        member.write((int) (value >>> (8 * i)));
      }
    }
    return member.toByteArray();
  }

  @Override
  public void close() {
    pending.forEach(p -> p.bytes.cancel(false));
    pending.clear();
    for (PieceDeflater idle = deflaters.poll(); idle != null; idle = deflaters.poll()) {
      idle.close();
    }
  }
}
