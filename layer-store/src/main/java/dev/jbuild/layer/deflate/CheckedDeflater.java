package dev.jbuild.layer.deflate;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Inflates what another compressor made and compares it with what it was made from. A layer that
 * cannot be unpacked is worse than none, and the digests say nothing of it: one is of the bytes
 * before, the other of the bytes after. The check runs in other code, zlib's.
 */
final class CheckedDeflater implements PieceDeflater {
  private static final int BUFFER = 32 * 1024;

  private final PieceDeflater deflater;
  private final Inflater inflater = new Inflater(true);
  private final byte[] buffer = new byte[BUFFER];

  CheckedDeflater(PieceDeflater deflater) {
    this.deflater = deflater;
  }

  @Override
  public int bound(int length) {
    return deflater.bound(length);
  }

  @Override
  public int deflate(byte[] data, int from, int to, boolean last, byte[] out) {
    int length = deflater.deflate(data, from, to, last, out);
    if (!isRight(data, from, to, last, out, length)) {
      throw new IllegalStateException(
          "what " + (to - from) + " bytes were deflated to does not inflate to them");
    }
    return length;
  }

  private boolean isRight(byte[] data, int from, int to, boolean last, byte[] out, int length) {
    inflater.reset();
    if (from > 0) {
      inflater.setDictionary(data, 0, from);
    }
    inflater.setInput(out, 0, length);
    int at = from;
    try {
      while (true) {
        int n = inflater.inflate(buffer);
        if (n == 0) {
          break;
        }
        if (n > to - at || !Arrays.equals(buffer, 0, n, data, at, at + n)) {
          return false;
        }
        at += n;
      }
    } catch (DataFormatException e) {
      return false;
    }
    return at == to && inflater.finished() == last && inflater.getRemaining() == 0;
  }

  @Override
  public void close() {
    inflater.end();
    deflater.close();
  }
}
