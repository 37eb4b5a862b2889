package dev.jbuild.layer.deflate;

/** The alphabets of RFC 1951, section 3.2.5: how lengths and distances become symbols and bits. */
final class Symbols {
  static final int MIN_MATCH = 3;
  static final int MAX_MATCH = 258;
  static final int WINDOW = 32 * 1024;

  static final int END_OF_BLOCK = 256;
  static final int FIRST_LENGTH = 257;

  /** Literals, the end of a block, and 29 lengths; 286 and 287 never occur. */
  static final int LITERALS = 286;

  static final int DISTANCES = 30;

  /** By length: its symbol. */
  static final short[] LENGTH_SYMBOL = new short[MAX_MATCH + 1];

  /** By symbol less {@link #FIRST_LENGTH}. */
  static final int[] LENGTH_BASE = new int[29];

  static final int[] LENGTH_EXTRA = new int[29];

  static final int[] DISTANCE_BASE = new int[DISTANCES];
  static final int[] DISTANCE_EXTRA = new int[DISTANCES];

  static {
    int length = MIN_MATCH;
    for (int symbol = 0; symbol < 28; symbol++) {
      LENGTH_EXTRA[symbol] = symbol < 8 ? 0 : symbol / 4 - 1;
      LENGTH_BASE[symbol] = length;
      for (int i = 0; i < 1 << LENGTH_EXTRA[symbol]; i++) {
        LENGTH_SYMBOL[length++] = (short) (FIRST_LENGTH + symbol);
      }
    }
    // The longest match has a symbol to itself, though the one before could say it too.
    LENGTH_BASE[28] = MAX_MATCH;
    LENGTH_SYMBOL[MAX_MATCH] = FIRST_LENGTH + 28;

    int distance = 1;
    for (int symbol = 0; symbol < DISTANCES; symbol++) {
      DISTANCE_EXTRA[symbol] = symbol < 4 ? 0 : symbol / 2 - 1;
      DISTANCE_BASE[symbol] = distance;
      distance += 1 << DISTANCE_EXTRA[symbol];
    }
  }

  private Symbols() {}

  /**
   * The symbol of a distance from 1 to {@link #WINDOW}: twice the logarithm, and the bit after the
   * first. Computed, as distances are random to a branch predictor and a table of them is large.
   */
  static int ofDistance(int distance) {
    int odd = 2 * distance - 1;
    int log = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(odd);
    return Math.max(0, 2 * log - 2 + ((odd >>> (log - 1)) & 1));
  }
}
