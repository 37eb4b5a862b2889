package dev.jbuild.layer.deflate;

import java.util.Arrays;

/** The head of a block with codes of its own: their lengths, run-length coded (section 3.2.7). */
final class CodeDescription {
  private static final int REPEAT = 16;
  private static final int ZEROS = 17;
  private static final int MANY_ZEROS = 18;
  private static final int SYMBOLS = 19;
  private static final int[] EXTRA = {2, 3, 7};
  private static final int[] ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  private final HuffmanCode code = new HuffmanCode(SYMBOLS, 7);
  private final int[] frequencies = new int[SYMBOLS];
  private final byte[] all = new byte[Symbols.LITERALS + Symbols.DISTANCES];

  /** A symbol, and its extra bits from bit 8 on. */
  private final int[] items = new int[Symbols.LITERALS + Symbols.DISTANCES];

  private int count;
  private int literals;
  private int distances;
  private int sent;

  void describe(byte[] literalLengths, byte[] distanceLengths) {
    literals = used(literalLengths, Symbols.FIRST_LENGTH);
    distances = used(distanceLengths, 1);
    System.arraycopy(literalLengths, 0, all, 0, literals);
    System.arraycopy(distanceLengths, 0, all, literals, distances);
    Arrays.fill(frequencies, 0);
    count = 0;
    runs(literals + distances);
    code.build(frequencies);
    sent = SYMBOLS;
    while (sent > 4 && code.lengths[ORDER[sent - 1]] == 0) {
      sent--;
    }
  }

  private static int used(byte[] lengths, int min) {
    int n = lengths.length;
    while (n > min && lengths[n - 1] == 0) {
      n--;
    }
    return n;
  }

  private void runs(int total) {
    int at = 0;
    while (at < total) {
      int length = all[at];
      int end = at + 1;
      while (end < total && all[end] == length) {
        end++;
      }
      int run = end - at;
      at = end;
      if (length == 0) {
        zeros(run);
      } else {
        item(length, 0);
        repeats(length, run - 1);
      }
    }
  }

  private void zeros(int run) {
    int left = run;
    while (left >= 11) {
      int n = Math.min(left, 138);
      item(MANY_ZEROS, n - 11);
      left -= n;
    }
    if (left >= 3) {
      item(ZEROS, left - 3);
      left = 0;
    }
    for (; left > 0; left--) {
      item(0, 0);
    }
  }

  private void repeats(int length, int run) {
    int left = run;
    while (left >= 3) {
      int n = Math.min(left, 6);
      item(REPEAT, n - 3);
      left -= n;
    }
    for (; left > 0; left--) {
      item(length, 0);
    }
  }

  private void item(int symbol, int extra) {
    items[count++] = symbol | (extra << 8);
    frequencies[symbol]++;
  }

  /** Bits that {@link #write} will write. */
  long cost() {
    long bits = 5 + 5 + 4 + 3L * sent + code.cost(frequencies);
    for (int i = 0; i < EXTRA.length; i++) {
      bits += (long) frequencies[REPEAT + i] * EXTRA[i];
    }
    return bits;
  }

  void write(BitWriter bits) {
    bits.put(literals - Symbols.FIRST_LENGTH, 5);
    bits.put(distances - 1, 5);
    bits.put(sent - 4, 4);
    for (int i = 0; i < sent; i++) {
      bits.put(code.lengths[ORDER[i]], 3);
    }
    for (int i = 0; i < count; i++) {
      int symbol = items[i] & 0xff;
      bits.put(code.codes[symbol], code.lengths[symbol]);
      if (symbol >= REPEAT) {
        bits.put(items[i] >>> 8, EXTRA[symbol - REPEAT]);
      }
    }
  }
}
