package dev.jbuild.layer;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream on a thread of its own, a few blocks ahead: while files are written, the next ones
 * are downloaded, hashed and decompressed.
 *
 * <p>Closing it waits until the other thread has let go of the source, which stays open.
 */
final class ReadAheadStream extends InputStream {
  private static final int BLOCK = 256 * 1024;
  private static final int AHEAD = 6;

  /** A piece of the stream, or how it ended. */
  private static final class Piece {
    final byte[] bytes;
    final int length;
    final @Nullable Throwable failure;

    Piece(byte[] bytes, int length, @Nullable Throwable failure) {
      this.bytes = bytes;
      this.length = length;
      this.failure = failure;
    }
  }

  private final ArrayBlockingQueue<Piece> full = new ArrayBlockingQueue<>(AHEAD);
  private final ArrayBlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(AHEAD + 2);
  private final Thread thread;
  private Piece current = new Piece(new byte[0], 0, null);
  private int at;

  ReadAheadStream(InputStream source) {
    thread = Thread.ofVirtual().name("jbuild-read-ahead").start(() -> fill(source));
  }

  private void fill(InputStream source) {
    try {
      while (true) {
        byte[] block = empty.poll();
        if (block == null) {
          block = new byte[BLOCK];
        }
        int n = source.readNBytes(block, 0, block.length);
        full.put(new Piece(block, n, null));
        if (n < block.length) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException | Error e) {
      full.clear();
      full.add(new Piece(new byte[0], 0, e));
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    if (at == current.length && !next()) {
      return -1;
    }
    int n = Math.min(length, current.length - at);
    System.arraycopy(current.bytes, at, buffer, offset, n);
    at += n;
    return n;
  }

  /** Moves to the next piece; false at the end. */
  private boolean next() throws IOException {
    throwFailure();
    boolean last = current.length < current.bytes.length;
    if (last) {
      return false;
    }
    Piece used = current;
    try {
      current = full.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("reading is cancelled");
    }
    at = 0;
    if (used.bytes.length == BLOCK) {
      empty.offer(used.bytes);
    }
    throwFailure();
    return current.length > 0;
  }

  private void throwFailure() throws IOException {
    Throwable failure = current.failure;
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure != null) {
      throw new IOException(failure);
    }
  }

  @Override
  public void close() throws IOException {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("reading is cancelled");
    }
  }
}
