package dev.jbuild.layer;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * What zstd frames hold (RFC 8878), several in a row as one stream. A stream that ends inside a
 * frame is an {@link EOFException}; of one cut between frames only a digest can tell. Closing it
 * closes the source. Used by one thread at a time.
 */
final class ZstdStream extends InputStream {
  private static final int BUFFER = 128 * 1024;

  private final InputStream in;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment source = arena.allocate(BUFFER);
  private final MemorySegment target = arena.allocate(BUFFER);
  private final MemorySegment sourceAt = arena.allocate(JAVA_LONG);
  private final MemorySegment targetAt = arena.allocate(JAVA_LONG);
  private final byte[] copy = new byte[BUFFER];
  private final Libzstd.Decompressor zstd;
  private int sourceEnd;
  private int given;

  /** Whether a frame has begun and not ended. */
  private boolean inFrame = true;

  private boolean closed;

  ZstdStream(InputStream in, int windowLog) throws IOException {
    this.in = in;
    boolean ready = false;
    try {
      zstd = new Libzstd.Decompressor(windowLog);
      ready = true;
    } finally {
      if (!ready) {
        arena.close();
      }
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
    if (closed) {
      throw new IOException("the stream is closed");
    }
    if (length == 0) {
      return 0;
    }
    while (given == written()) {
      if (!decode()) {
        return -1;
      }
    }
    int n = Math.min(length, written() - given);
    MemorySegment.copy(target, JAVA_BYTE, given, buffer, offset, n);
    given += n;
    return n;
  }

  private int written() {
    return (int) targetAt.get(JAVA_LONG, 0);
  }

  /** Fills the target with what comes next; false at the end. */
  private boolean decode() throws IOException {
    // A full target may have left bytes inside the decoder, for which it needs no more input.
    boolean mayHoldMore = inFrame && given == BUFFER;
    if (sourceAt.get(JAVA_LONG, 0) == sourceEnd && !mayHoldMore && !fill()) {
      if (inFrame) {
        throw new EOFException("it ends inside a frame");
      }
      return false;
    }
    targetAt.set(JAVA_LONG, 0, 0);
    given = 0;
    inFrame = zstd.stream(target, targetAt, source.asSlice(0, sourceEnd), sourceAt) != 0;
    return true;
  }

  private boolean fill() throws IOException {
    int n = in.read(copy, 0, BUFFER);
    if (n < 0) {
      return false;
    }
    MemorySegment.copy(copy, 0, source, JAVA_BYTE, 0, n);
    sourceAt.set(JAVA_LONG, 0, 0);
    sourceEnd = n;
    return true;
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      zstd.close();
      arena.close();
      in.close();
    }
  }
}
