package dev.jbuild.layer.deflate;

import java.util.zip.Deflater;

/**
 * The JDK's zlib, for the levels where size counts. Pieces that {@linkplain Randomness look random}
 * are stored: zlib would spend most of its time on them and gain no byte.
 */
final class ZlibDeflater implements PieceDeflater {
  private final Deflater deflater;

  /** One that had another level before gives other bytes even after a reset. */
  private final Deflater storing = new Deflater(Deflater.NO_COMPRESSION, true);

  ZlibDeflater(int level) {
    deflater = new Deflater(level, true);
  }

  @Override
  public int bound(int length) {
    // More than any zlib asks for, those that code literals with nine bits included.
    return length + length / 4 + 1024;
  }

  @Override
  public int deflate(byte[] data, int from, int to, boolean last, byte[] out) {
    Deflater used = Randomness.isRandom(data, from, to) ? storing : deflater;
    used.reset();
    if (from > 0) {
      used.setDictionary(data, 0, from);
    }
    used.setInput(data, from, to - from);
    if (last) {
      used.finish();
    }
    int n = used.deflate(out, 0, out.length, last ? Deflater.NO_FLUSH : Deflater.SYNC_FLUSH);
    if (n == out.length) {
      throw new IllegalStateException("zlib makes " + (to - from) + " bytes " + n + " and more");
    }
    return n;
  }

  @Override
  public void close() {
    deflater.end();
    storing.end();
  }
}
