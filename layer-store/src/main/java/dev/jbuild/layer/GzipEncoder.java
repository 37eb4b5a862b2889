package dev.jbuild.layer;

import dev.jbuild.layer.deflate.PieceDeflater;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.zip.CRC32;

/**
 * gzip (RFC 1952) as one member, deflated in parallel.
 *
 * <p>Each block is deflated on its own with the 32 KiB before it as dictionary and ends on a byte
 * boundary, so the pieces join into one deflate stream that is a function of the input and the
 * level alone.
 */
final class GzipEncoder implements BlockEncoder {
  private static final int DICTIONARY = PieceDeflater.DICTIONARY;
  private static final int MAX_IN_FLIGHT = 24;

  private final OutputStream out;
  private final int level;
  private final ExecutorService threads;
  private final int inFlight;
  private final ArrayDeque<Future<Piece>> pieces = new ArrayDeque<>();

  private final Queue<PieceDeflater> deflaters = new ConcurrentLinkedQueue<>();
  private final ArrayDeque<byte[]> free = new ArrayDeque<>();
  private final CRC32 crc = new CRC32();
  private volatile boolean givenUp;
  private byte[] dictionary = new byte[0];
  private long size;

  /** Arrays for results that are free again. */
  private final Queue<byte[]> results = new ConcurrentLinkedQueue<>();

  /** A deflated block, and the array that its input was in. */
  private static final class Piece {
    final byte[] bytes;
    final int length;
    final byte[] input;

    Piece(byte[] bytes, int length, byte[] input) {
      this.bytes = bytes;
      this.length = length;
      this.input = input;
    }
  }

  GzipEncoder(OutputStream out, int level, ExecutorService threads, int parallelism)
      throws IOException {
    this.out = out;
    this.level = level;
    this.threads = threads;
    this.inFlight = Math.min(MAX_IN_FLIGHT, 2 * parallelism + 2);
    // No name, no time, operating system "unknown": nothing that differs between machines.
    out.write(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255});
  }

  @Override
  public void block(ByteBuffer data, Runnable done) throws IOException {
    submit(data, false);
    done.run();
  }

  @Override
  public void finish(ByteBuffer data) throws IOException {
    submit(data, true);
    while (!pieces.isEmpty()) {
      writeOldest();
    }
    byte[] trailer = new byte[8];
    littleEndian(trailer, 0, crc.getValue());
    littleEndian(trailer, 4, size);
    out.write(trailer);
  }

  private static void littleEndian(byte[] target, int offset, long value) {
    for (int i = 0; i < 4; i++) {
      target[offset + i] = (byte) (value >>> (8 * i));
    }
  }

  private void submit(ByteBuffer block, boolean last) throws IOException {
    byte[] reused = free.poll();
    byte[] data = reused == null ? new byte[DICTIONARY + BLOCK + PieceDeflater.SLACK] : reused;
    int from = dictionary.length;
    System.arraycopy(dictionary, 0, data, 0, from);
    int length = block.remaining();
    block.get(data, from, length);
    crc.update(data, from, length);
    size += length;
    int to = from + length;
    dictionary = Arrays.copyOfRange(data, Math.max(0, to - DICTIONARY), to);
    while (pieces.size() >= inFlight || (!pieces.isEmpty() && pieces.peek().isDone())) {
      writeOldest();
    }
    pieces.add(threads.submit(() -> deflate(data, from, to, last)));
  }

  private void writeOldest() throws IOException {
    Future<Piece> oldest = pieces.remove();
    try {
      Piece piece = oldest.get();
      out.write(piece.bytes, 0, piece.length);
      free.add(piece.input);
      results.add(piece.bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      pieces.addFirst(oldest);
      throw new InterruptedIOException("compression is cancelled");
    } catch (ExecutionException e) {
      throw new IOException("gzip block", e.getCause());
    }
  }

  private Piece deflate(byte[] data, int from, int to, boolean last) {
    if (givenUp) {
      return new Piece(data, 0, data);
    }
    PieceDeflater idle = deflaters.poll();
    PieceDeflater deflater = idle == null ? PieceDeflater.ofLevel(level) : idle;
    byte[] reused = results.poll();
    byte[] out = reused == null ? new byte[deflater.bound(BLOCK)] : reused;
    int n = deflater.deflate(data, from, to, last, out);
    deflaters.add(deflater);
    return new Piece(out, n, data);
  }

  @Override
  public void close() {
    // What runs hands its deflater back at its end; a cancelled future would not say when that is.
    givenUp = true;
    boolean interrupted = false;
    while (!pieces.isEmpty()) {
      try {
        pieces.peek().get();
        pieces.remove();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        pieces.remove();
      }
    }
    for (PieceDeflater idle = deflaters.poll(); idle != null; idle = deflaters.poll()) {
      idle.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
