package dev.jbuild.layer.deflate;

import java.util.Arrays;

/**
 * Reads blocks as they were written and proves that every decoder makes the input of them. A layer
 * that cannot be unpacked is worse than none, and the digests say nothing of it: one is of the
 * bytes before, the other of the bytes after.
 *
 * <p>It is a decoder (RFC 1951) that makes its tables from the bits of the block's head alone, and
 * is told what to expect: where a symbol must begin, its entry in the table must be that of the
 * byte, length or distance that the input has there, and a match must repeat what is at its
 * distance in the input. If so for each symbol in turn, and the block ends where the writer says,
 * then decoding gives these symbols and no others. Nothing is written, and no look-up waits for the
 * one before, so this takes a small part of the time that decoding blindly would.
 */
final class BlockChecker {
  private static final int LENGTH_BITS = 6;
  private static final int LENGTH = (1 << LENGTH_BITS) - 1;
  private static final int MAX_BITS = 15;
  private static final int SHORTEST = 7;
  private static final int[] ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  /** A symbol, and from bit 0 on the length of its code, by the next bits. */
  private final int[] literalTable = new int[1 << MAX_BITS];

  private final int[] distanceTable = new int[1 << MAX_BITS];

  /** The entry that each symbol has; of length 0, which no entry of a table is, if it has none. */
  private final int[] literalEntries = new int[Symbols.LITERALS + 2];

  private final int[] distanceEntries = new int[Symbols.DISTANCES + 2];
  private final int[] codeTable = new int[1 << SHORTEST];
  private final int[] codeEntries = new int[ORDER.length];
  private final byte[] lengths = new byte[Symbols.LITERALS + Symbols.DISTANCES + 4];
  private final int[] next = new int[MAX_BITS + 2];

  private byte[] block = {};
  private int position;
  private int literalMask;
  private int distanceMask;

  /** The bits of the byte that the last block ends in; the next one shares it. */
  private int tail;

  /** Begins with a new piece. */
  void start() {
    position = 0;
    tail = 0;
  }

  /**
   * Reads the block that follows the last one.
   *
   * @param bits where its writer has come to
   * @param count how many of the first tokens it is made of
   * @throws IllegalStateException if it is not {@code data} from {@code from} to {@code to}
   */
  void check(
      BitWriter bits, byte[] data, int from, int to, Tokens tokens, int count, boolean last) {
    block = bits.out;
    boolean right = tail() == tail;
    try {
      right &= read(data, from, to, tokens.sequences, count, last);
    } catch (IndexOutOfBoundsException e) {
      // Lengths and distances are taken as they come.
      right = false;
    }
    if (!right || position != bits.position()) {
      throw new IllegalStateException(
          "what " + (to - from) + " bytes were deflated to does not inflate to them");
    }
    tail = tail();
  }

  private int tail() {
    return block[position >>> 3] & ((1 << (position & 7)) - 1);
  }

  private int take(int count) {
    int value = (int) (word(position) & ((1L << count) - 1));
    position += count;
    return value;
  }

  /** At least 57 bits from a position on. */
  private long word(int at) {
    return Bytes.int64(block, at >>> 3) >>> (at & 7);
  }

  private boolean read(byte[] data, int from, int to, long[] sequences, int count, boolean last) {
    int at = from;
    while (true) {
      boolean ends = take(1) == 1;
      int type = take(2);
      if (type != 0) {
        return at == from
            && ends == last
            && (type == 1 ? fixed() : type == 2 && described())
            && isCoded(data, from, to, sequences, count);
      }
      // What is stored has no tokens, and takes several blocks if it is long.
      position = (position + 7) & ~7;
      int length = take(16);
      int start = (position + 16) >>> 3;
      if (take(16) != (~length & 0xffff)
          || length > to - at
          || !Arrays.equals(block, start, start + length, data, at, at + length)) {
        return false;
      }
      position += 8 * length;
      at += length;
      if (at == to || ends || length == 0) {
        return at == to && ends == last;
      }
    }
  }

  private boolean fixed() {
    Arrays.fill(lengths, 0, 144, (byte) 8);
    Arrays.fill(lengths, 144, 256, (byte) 9);
    Arrays.fill(lengths, 256, 280, (byte) 7);
    Arrays.fill(lengths, 280, 288, (byte) 8);
    Arrays.fill(lengths, 288, 320, (byte) 5);
    return tables(288, 32);
  }

  private boolean tables(int literals, int distances) {
    literalMask = table(0, literals, literalTable, literalEntries);
    distanceMask = table(literals, distances, distanceTable, distanceEntries);
    return literalMask > 0 && distanceMask > 0;
  }

  private boolean described() {
    int literals = take(5) + 257;
    int distances = take(5) + 1;
    int sent = take(4) + 4;
    if (literals > Symbols.LITERALS || distances > Symbols.DISTANCES) {
      return false;
    }
    Arrays.fill(lengths, 0, ORDER.length, (byte) 0);
    for (int i = 0; i < sent; i++) {
      lengths[ORDER[i]] = (byte) take(3);
    }
    int mask = table(0, ORDER.length, codeTable, codeEntries);
    if (mask == 0) {
      return false;
    }
    int all = literals + distances;
    int at = 0;
    while (at < all) {
      int entry = codeTable[(int) word(position) & mask];
      position += entry & LENGTH;
      int symbol = entry >>> LENGTH_BITS;
      if (symbol < 16) {
        lengths[at++] = (byte) symbol;
        continue;
      }
      if (symbol == 16 && at == 0) {
        return false;
      }
      byte value = symbol == 16 ? lengths[at - 1] : 0;
      int run =
          switch (symbol) {
            case 16 -> 3 + take(2);
            case 17 -> 3 + take(3);
            default -> 11 + take(7);
          };
      if (run > all - at) {
        return false;
      }
      Arrays.fill(lengths, at, at + run, value);
      at += run;
    }
    return tables(literals, distances);
  }

  /**
   * Makes a table of the code whose lengths begin at {@code first}.
   *
   * @return the mask of the bits that tell its symbols apart; 0 if the code is not complete, which
   *     not every decoder would take
   */
  private int table(int first, int symbols, int[] table, int[] entries) {
    Arrays.fill(entries, 0);
    // How many codes there are of each length, one further on: each becomes the first code of the
    // length after it.
    Arrays.fill(next, 0);
    for (int i = 0; i < symbols; i++) {
      next[lengths[first + i] + 1]++;
    }
    next[1] = 0;
    int longest = 0;
    int space = 0;
    for (int length = 1; length <= MAX_BITS; length++) {
      int number = next[length + 1];
      if (number > 0) {
        longest = length;
      }
      space += number << (MAX_BITS - length);
    }
    if (space != 1 << MAX_BITS) {
      return 0;
    }
    int code = 0;
    for (int length = 1; length <= MAX_BITS; length++) {
      code = (code + next[length]) << 1;
      next[length] = code;
    }
    for (int symbol = 0; symbol < symbols; symbol++) {
      int length = lengths[first + symbol];
      if (length == 0) {
        continue;
      }
      int entry = (symbol << LENGTH_BITS) | length;
      entries[symbol] = entry;
      int reversed = Integer.reverse(next[length]++) >>> (Integer.SIZE - length);
      for (int at = reversed; at < 1 << longest; at += 1 << length) {
        table[at] = entry;
      }
    }
    return (1 << longest) - 1;
  }

  private boolean isCoded(byte[] data, int from, int to, long[] sequences, int count) {
    final byte[] block = this.block;
    final int[] table = literalTable;
    final int[] entries = literalEntries;
    final int[] distances = distanceTable;
    final int mask = literalMask;
    final int distanceMask = this.distanceMask;
    int position = this.position;
    int wrong = 0;
    long unequal = 0;
    int at = from;
    for (int i = 0; i < count; i++) {
      long sequence = sequences[i];
      int stop = at + Tokens.literals(sequence);
      int length = Tokens.length(sequence);
      if (stop < at || stop + length > to) {
        return false;
      }
      for (; at + 3 <= stop; at += 3) {
        long word = Bytes.int64(block, position >>> 3) >>> (position & 7);
        int a = entries[data[at] & 0xff];
        wrong |= table[(int) word & mask] ^ a;
        word >>>= a;
        int b = entries[data[at + 1] & 0xff];
        wrong |= table[(int) word & mask] ^ b;
        word >>>= b;
        int c = entries[data[at + 2] & 0xff];
        wrong |= table[(int) word & mask] ^ c;
        position += (a & LENGTH) + (b & LENGTH) + (c & LENGTH);
      }
      // Up to two more, without a branch on how many.
      long word = Bytes.int64(block, position >>> 3) >>> (position & 7);
      int one = (at - stop) >> 31;
      int two = (at + 1 - stop) >> 31;
      int a = entries[data[at] & 0xff] & one;
      wrong |= (table[(int) word & mask] & one) ^ a;
      word >>>= a;
      int b = entries[data[at + 1] & 0xff] & two;
      wrong |= (table[(int) word & mask] & two) ^ b;
      position += (a & LENGTH) + (b & LENGTH);
      at = stop;
      if (length > 0) {
        int distance = Tokens.distance(sequence);
        if (distance > at) {
          return false;
        }
        int symbol = Symbols.LENGTH_SYMBOL[length];
        int kind = symbol - Symbols.FIRST_LENGTH;
        long bits = Bytes.int64(block, position >>> 3) >>> (position & 7);
        int entry = entries[symbol];
        wrong |= table[(int) bits & mask] ^ entry;
        bits >>>= entry;
        int extra = Symbols.LENGTH_EXTRA[kind];
        wrong |= Symbols.LENGTH_BASE[kind] + ((int) bits & ((1 << extra) - 1)) ^ length;
        bits >>>= extra;
        int far = Tokens.symbol(sequence);
        int farEntry = distanceEntries[far];
        wrong |= distances[(int) bits & distanceMask] ^ farEntry;
        bits >>>= farEntry;
        int farExtra = Symbols.DISTANCE_EXTRA[far];
        wrong |= Symbols.DISTANCE_BASE[far] + ((int) bits & ((1 << farExtra) - 1)) ^ distance;
        position += (entry & LENGTH) + extra + (farEntry & LENGTH) + farExtra;
        int short8 = Math.min(length, Long.BYTES);
        unequal |=
            (Bytes.int64(data, at) ^ Bytes.int64(data, at - distance))
                << (Long.SIZE - Byte.SIZE * short8);
        for (int k = Long.BYTES; k < length; k += Long.BYTES) {
          int rest = Math.min(length - k, Long.BYTES);
          unequal |=
              (Bytes.int64(data, at + k) ^ Bytes.int64(data, at + k - distance))
                  << (Long.SIZE - Byte.SIZE * rest);
        }
        at += length;
      }
    }
    long bits = Bytes.int64(block, position >>> 3) >>> (position & 7);
    int end = entries[Symbols.END_OF_BLOCK];
    wrong |= table[(int) bits & mask] ^ end;
    this.position = position + (end & LENGTH);
    return wrong == 0 && unequal == 0 && at == to;
  }
}
