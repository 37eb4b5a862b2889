package dev.jbuild.layer.deflate;

/**
 * Writes tokens as a deflate block (RFC 1951, section 3.2) of the kind that is shortest for them:
 * with codes of their own, with the fixed codes, or stored.
 */
final class BlockWriter {
  private static final int STORED = 0;
  private static final int FIXED = 1;
  private static final int DYNAMIC = 2;

  /** So that four literals fit into a word beside seven bits of the byte before. */
  private static final int LITERAL_BITS = 14;

  private static final int DISTANCE_BITS = 15;
  private static final int MAX_STORED = 0xffff;

  private final HuffmanCode literals = new HuffmanCode(Symbols.LITERALS, LITERAL_BITS);
  private final HuffmanCode distances = new HuffmanCode(Symbols.DISTANCES, DISTANCE_BITS);
  private final CodeDescription description = new CodeDescription();

  /** Code and its length (from bit 24 on), by literal, by match length, by distance symbol. */
  private final int[] literalWords = new int[Symbols.END_OF_BLOCK + 1];

  private final int[] lengthWords = new int[Symbols.MAX_MATCH + 1];
  private final int[] distanceWords = new int[Symbols.DISTANCES];

  /**
   * Writes one block.
   *
   * @param sequences how many of the first tokens are its own
   * @param histogram of the tokens, without the end of the block
   * @param last whether the stream ends with it
   */
  void write(
      BitWriter bits,
      byte[] data,
      int from,
      int to,
      Tokens tokens,
      int sequences,
      Histogram histogram,
      boolean last) {
    histogram.literals[Symbols.END_OF_BLOCK] = 1;
    literals.build(histogram.literals);
    distances.build(histogram.distances);
    description.describe(literals.lengths, distances.lengths);
    long extra = histogram.extraBits();
    long dynamic =
        extra
            + description.cost()
            + literals.cost(histogram.literals)
            + distances.cost(histogram.distances);
    long fixed = extra + FixedCodes.cost(histogram);
    if (storedCost(bits, to - from) <= Math.min(dynamic, fixed)) {
      stored(bits, data, from, to, last);
      return;
    }
    long start = bits.position();
    bits.put(last ? 1 : 0, 1);
    boolean own = dynamic < fixed;
    bits.put(own ? DYNAMIC : FIXED, 2);
    if (own) {
      description.write(bits);
      prepare(literals.lengths, literals.codes, distances.lengths, distances.codes);
    } else {
      prepare(
          FixedCodes.LITERAL_LENGTHS,
          FixedCodes.LITERAL_CODES,
          FixedCodes.DISTANCE_LENGTHS,
          FixedCodes.DISTANCE_CODES);
    }
    body(bits, data, from, to, tokens.sequences, sequences);
    long written = bits.position() - start - 3;
    long counted = own ? dynamic : fixed;
    if (written != counted) {
      throw new IllegalStateException(
          "deflate block of " + counted + " bits has " + written + ": tokens and counts disagree");
    }
  }

  private static long storedCost(BitWriter bits, int length) {
    int pieces = Math.max(1, (length + MAX_STORED - 1) / MAX_STORED);
    return 8L * length + 40L * pieces - bits.count;
  }

  static void stored(BitWriter bits, byte[] data, int from, int to, boolean last) {
    int at = from;
    do {
      int length = Math.min(MAX_STORED, to - at);
      bits.put(last && at + length == to ? 1 : 0, 1);
      bits.put(STORED, 2);
      bits.align();
      bits.put(length, 16);
      bits.put(~length & 0xffff, 16);
      bits.bytes(data, at, length);
      at += length;
    } while (at < to);
  }

  private void prepare(
      byte[] literalLengths, int[] literalCodes, byte[] distanceLengths, int[] distanceCodes) {
    for (int i = 0; i <= Symbols.END_OF_BLOCK; i++) {
      literalWords[i] = literalCodes[i] | (literalLengths[i] << 24);
    }
    for (int length = Symbols.MIN_MATCH; length <= Symbols.MAX_MATCH; length++) {
      int symbol = Symbols.LENGTH_SYMBOL[length];
      int bits = literalLengths[symbol];
      int kind = symbol - Symbols.FIRST_LENGTH;
      lengthWords[length] =
          literalCodes[symbol]
              | ((length - Symbols.LENGTH_BASE[kind]) << bits)
              | ((bits + Symbols.LENGTH_EXTRA[kind]) << 24);
    }
    for (int i = 0; i < Symbols.DISTANCES; i++) {
      distanceWords[i] = distanceCodes[i] | (distanceLengths[i] << 24);
    }
  }

  private void body(BitWriter writer, byte[] data, int from, int to, long[] sequences, int end) {
    int[] words = literalWords;
    int[] lengths = lengthWords;
    int[] distances = distanceWords;
    byte[] out = writer.out;
    int outAt = writer.at;
    long bits = writer.bits;
    int count = writer.count;
    int at = from;
    for (int i = 0; i < end; i++) {
      long sequence = sequences[i];
      int run = Tokens.literals(sequence);
      int stop = at + run;
      for (; at + 4 <= stop; at += 4) {
        for (int k = 0; k < 4; k++) {
          int word = words[data[at + k] & 0xff];
          bits |= (word & 0xffffffL) << count;
          count += word >>> 24;
        }
        Bytes.putInt64(out, outAt, bits);
        outAt += count >>> 3;
        bits >>>= count & ~7;
        count &= 7;
      }
      // Up to three more, without a branch on how many.
      int more = stop - at;
      int a = words[data[at] & 0xff] & (-more >> 31);
      int b = words[data[at + 1] & 0xff] & ((1 - more) >> 31);
      int c = words[data[at + 2] & 0xff] & ((2 - more) >> 31);
      bits |= (a & 0xffffffL) << count;
      count += a >>> 24;
      bits |= (b & 0xffffffL) << count;
      count += b >>> 24;
      bits |= (c & 0xffffffL) << count;
      count += c >>> 24;
      at = stop;
      Bytes.putInt64(out, outAt, bits);
      outAt += count >>> 3;
      bits >>>= count & ~7;
      count &= 7;
      int length = Tokens.length(sequence);
      if (length > 0) {
        int distance = Tokens.distance(sequence);
        int word = lengths[length];
        bits |= (word & 0xffffffL) << count;
        count += word >>> 24;
        int symbol = Tokens.symbol(sequence);
        int distanceWord = distances[symbol];
        bits |= (distanceWord & 0xffffffL) << count;
        count += distanceWord >>> 24;
        bits |= (long) (distance - Symbols.DISTANCE_BASE[symbol]) << count;
        count += Symbols.DISTANCE_EXTRA[symbol];
        Bytes.putInt64(out, outAt, bits);
        outAt += count >>> 3;
        bits >>>= count & ~7;
        count &= 7;
        at += length;
      }
    }
    if (at != to) {
      throw new IllegalStateException("tokens of " + (at - from) + " bytes for " + (to - from));
    }
    writer.at = outAt;
    writer.bits = bits;
    writer.count = count;
    int end256 = words[Symbols.END_OF_BLOCK];
    writer.put(end256 & 0xffffff, end256 >>> 24);
  }
}
