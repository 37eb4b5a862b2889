package dev.jbuild.layer;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/**
 * The content of a tar's entry, read from where its bytes are stored, the holes of a sparse one as
 * zeros. Reads by position, so that many share one file.
 */
final class TarContentStream extends InputStream {
  /** Something that holds the stored bytes. */
  @FunctionalInterface
  interface Source {
    /** The number of bytes read, negative at the end. */
    int readAt(long position, byte[] buffer, int offset, int length) throws IOException;
  }

  private final Source source;
  private final long size;
  private final List<ContentSource.Extent> data;
  private int next;

  /** Position in the file, and where in the source the data of the next part starts. */
  private long at;

  private long stored;

  /** The content of {@code entry}, whose stored bytes begin at {@code start}. */
  TarContentStream(Source source, long start, TarEntry entry) {
    this.source = source;
    this.stored = start;
    this.size = entry.size();
    this.data =
        entry.sparse().isPresent()
            ? entry.sparse().get().data()
            : size == 0 ? List.of() : List.of(new ContentSource.Extent(0, size));
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
    passParts();
    long hole = next < data.size() ? data.get(next).offset() : size;
    if (at < hole) {
      int n = (int) Math.min(length, hole - at);
      java.util.Arrays.fill(buffer, offset, offset + n, (byte) 0);
      at += n;
      return n;
    }
    if (next == data.size()) {
      return -1;
    }
    ContentSource.Extent part = data.get(next);
    int want = (int) Math.min(length, part.end() - at);
    int n = source.readAt(stored + at - part.offset(), buffer, offset, want);
    at += Math.max(n, 0);
    return n;
  }

  @Override
  public long skip(long n) {
    long skipped = Math.clamp(n, 0, size - at);
    at += skipped;
    passParts();
    return skipped;
  }

  private void passParts() {
    while (next < data.size() && at >= data.get(next).end()) {
      stored += data.get(next).length();
      next++;
    }
  }
}
