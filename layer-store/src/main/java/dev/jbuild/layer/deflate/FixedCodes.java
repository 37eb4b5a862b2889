package dev.jbuild.layer.deflate;

/** The codes that need no description (RFC 1951, section 3.2.6). */
final class FixedCodes {
  static final byte[] LITERAL_LENGTHS = new byte[Symbols.LITERALS];
  static final int[] LITERAL_CODES = new int[Symbols.LITERALS];
  static final byte[] DISTANCE_LENGTHS = new byte[Symbols.DISTANCES];
  static final int[] DISTANCE_CODES = new int[Symbols.DISTANCES];

  static {
    for (int symbol = 0; symbol < Symbols.LITERALS; symbol++) {
      if (symbol < 144) {
        set(symbol, 8, 0x30 + symbol);
      } else if (symbol < 256) {
        set(symbol, 9, 0x190 + symbol - 144);
      } else if (symbol < 280) {
        set(symbol, 7, symbol - 256);
      } else {
        set(symbol, 8, 0xc0 + symbol - 280);
      }
    }
    for (int symbol = 0; symbol < Symbols.DISTANCES; symbol++) {
      DISTANCE_LENGTHS[symbol] = 5;
      DISTANCE_CODES[symbol] = Integer.reverse(symbol) >>> 27;
    }
  }

  private FixedCodes() {}

  private static void set(int symbol, int length, int code) {
    LITERAL_LENGTHS[symbol] = (byte) length;
    LITERAL_CODES[symbol] = Integer.reverse(code) >>> (Integer.SIZE - length);
  }

  /** Bits of the symbols, without extra bits. */
  static long cost(Histogram histogram) {
    long bits = 0;
    for (int symbol = 0; symbol < Symbols.LITERALS; symbol++) {
      bits += (long) histogram.literals[symbol] * LITERAL_LENGTHS[symbol];
    }
    for (int count : histogram.distances) {
      bits += 5L * count;
    }
    return bits;
  }
}
