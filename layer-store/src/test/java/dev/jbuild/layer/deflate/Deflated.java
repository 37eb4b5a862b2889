package dev.jbuild.layer.deflate;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Streams of pieces, made and read back. */
final class Deflated {
  private Deflated() {}

  /** Compresses {@code bytes} in pieces of a length, each with what is before it. */
  static byte[] of(PieceDeflater deflater, byte[] bytes, int piece) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    int at = 0;
    boolean last = false;
    while (!last) {
      int length = Math.min(piece, bytes.length - at);
      last = at + length == bytes.length;
      int from = Math.min(PieceDeflater.DICTIONARY, at);
      byte[] data = Arrays.copyOfRange(bytes, at - from, at + length + PieceDeflater.SLACK);
      if (last) {
        // What lies behind a piece must have no say.
        Arrays.fill(data, from + length, data.length, (byte) length);
      }
      byte[] out = new byte[deflater.bound(length)];
      stream.write(out, 0, deflater.deflate(data, from, from + length, last, out));
      at += length;
    }
    return stream.toByteArray();
  }

  static byte[] of(int level, byte[] bytes) {
    try (DeflateEncoder encoder = new DeflateEncoder(level)) {
      return of(encoder, bytes, Math.max(1, bytes.length));
    }
  }

  /** What zlib reads: {@code length} bytes, and the stream must end after them. */
  static byte[] read(byte[] deflated, int length) throws DataFormatException {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(deflated);
      byte[] bytes = new byte[length + 1];
      int n = 0;
      while (!inflater.finished()) {
        int more = inflater.inflate(bytes, n, bytes.length - n);
        if (more == 0 && !inflater.finished()) {
          throw new DataFormatException("stream ends after " + n + " bytes");
        }
        n += more;
      }
      if (inflater.getRemaining() != 0) {
        throw new DataFormatException(inflater.getRemaining() + " bytes after the stream's end");
      }
      return Arrays.copyOf(bytes, n);
    } finally {
      inflater.end();
    }
  }
}
