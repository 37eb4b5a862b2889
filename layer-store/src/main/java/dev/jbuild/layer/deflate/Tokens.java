package dev.jbuild.layer.deflate;

import java.util.Arrays;

/**
 * What a parser makes of a run of bytes: sequences of some literals and a match after them. The
 * literals themselves stay in the data.
 */
final class Tokens {
  private static final int LITERALS_AT = 32;
  private static final int SYMBOL_AT = 24;
  private static final int LENGTH_AT = 15;

  /**
   * From the lowest bit on: distance less one (15 bits), length of the match (9 bits), symbol of
   * the distance (5 bits), number of literals (from bit 32 on). Length 0 is no match.
   */
  long[] sequences = new long[2 * Parser.SEQUENCES];

  int count;

  void clear() {
    count = 0;
  }

  /** Forgets the first {@code n} sequences. */
  void drop(int n) {
    System.arraycopy(sequences, n, sequences, 0, count - n);
    count -= n;
  }

  /** Makes room for so many more sequences. */
  void reserve(int more) {
    if (sequences.length - count < more) {
      sequences = Arrays.copyOf(sequences, 2 * (count + more));
    }
  }

  static long sequence(int literals, int length, int distance, int symbol) {
    return ((long) literals << LITERALS_AT)
        | (symbol << SYMBOL_AT)
        | (length << LENGTH_AT)
        | (distance - 1);
  }

  static long literalsOnly(int literals) {
    return (long) literals << LITERALS_AT;
  }

  static int literals(long sequence) {
    return (int) (sequence >>> LITERALS_AT);
  }

  static int length(long sequence) {
    return ((int) sequence >>> LENGTH_AT) & 0x1ff;
  }

  static int symbol(long sequence) {
    return (int) sequence >>> SYMBOL_AT;
  }

  static int distance(long sequence) {
    return ((int) sequence & (Symbols.WINDOW - 1)) + 1;
  }
}
