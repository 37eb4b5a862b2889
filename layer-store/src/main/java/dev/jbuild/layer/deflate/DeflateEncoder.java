package dev.jbuild.layer.deflate;

import java.util.Optional;

/**
 * Deflate (RFC 1951) for the levels where speed counts, in Java alone.
 *
 * <p>Data are parsed into literals and matches, a few thousand at a time. Such a segment joins the
 * block before it unless the two have so different statistics that a block of its own is shorter;
 * each block is then written in the form that is shortest for it. Data without repetitions and with
 * even frequencies end as stored blocks, at nearly the speed at which they are copied. What was
 * written is {@linkplain BlockChecker read again}, all of it.
 *
 * <p>The output is a function of the bytes, the dictionary and the level. Used by one thread at a
 * time, for any number of pieces in turn; about 300 KiB of memory each, more when a block has many
 * matches.
 */
public final class DeflateEncoder implements PieceDeflater {
  /** The highest level; those above are better left to zlib. */
  public static final int MAX_LEVEL = 4;

  /** Bytes after which a block ends in any case: keeps counts small enough for their arithmetic. */
  private static final int MAX_BLOCK = 512 * 1024;

  /** What a further block must save, in 1/256 bits: it costs time besides its description. */
  private static final long WORTH_A_BLOCK = 200 << 8;

  private final Optional<Parser> parser;
  private final Tokens tokens = new Tokens();
  private final Histogram block = new Histogram();
  private final Histogram segment = new Histogram();
  private final BlockWriter writer = new BlockWriter();
  private final BitWriter bits = new BitWriter();
  private final BlockChecker checker = new BlockChecker();

  /**
   * An encoder.
   *
   * @param level 0 (stored) to {@link #MAX_LEVEL}
   */
  public DeflateEncoder(int level) {
    parser =
        switch (level) {
          case 0 -> Optional.empty();
          case 1 -> Optional.of(new DoubleHashParser(12, false));
          case 2 -> Optional.of(new DoubleHashParser(13, false));
          case 3 -> Optional.of(new DoubleHashParser(13, true));
          case MAX_LEVEL -> Optional.of(new DoubleHashParser(14, true));
          default -> throw new IllegalArgumentException("level " + level);
        };
  }

  @Override
  public int bound(int length) {
    // No block is longer than if it were stored, and none but the last is shorter than a segment.
    return length + 6 * (length / Parser.SEGMENT + 2) + BitWriter.SLACK;
  }

  @Override
  public int deflate(byte[] data, int from, int to, boolean last, byte[] out) {
    bits.start(out);
    checker.start();
    if (parser.isPresent()) {
      blocks(parser.get(), data, from, to, last);
    } else if (from < to || last) {
      stored(data, from, to, last);
    }
    if (last) {
      bits.align();
    } else if (bits.count > 0) {
      // An empty stored block ends on a byte boundary, as zlib's SYNC_FLUSH has it.
      stored(data, to, to, false);
    }
    return bits.at;
  }

  private void stored(byte[] data, int from, int to, boolean last) {
    BlockWriter.stored(bits, data, from, to, last);
    checker.check(bits, data, from, to, tokens, 0, last);
  }

  private void block(byte[] data, int from, int to, int sequences, boolean last) {
    writer.write(bits, data, from, to, tokens, sequences, block, last);
    checker.check(bits, data, from, to, tokens, sequences, last);
  }

  private void blocks(Parser parser, byte[] data, int from, int to, boolean last) {
    parser.start(data, from);
    tokens.clear();
    block.clear();
    long blockCost = 0;
    int start = from;
    int at = from;
    while (at < to) {
      segment.clear();
      int before = tokens.count;
      int next = parser.parse(data, at, to, tokens, segment);
      long apart = segment.estimate();
      if (at > start) {
        long joint = block.estimateWith(segment);
        if (joint > blockCost + apart + WORTH_A_BLOCK || next - start > MAX_BLOCK) {
          block(data, start, at, before, false);
          tokens.drop(before);
          block.clear();
          start = at;
          blockCost = apart;
        } else {
          blockCost = joint;
        }
      } else {
        blockCost = apart;
      }
      block.add(segment);
      at = next;
    }
    if (start < to || last) {
      block(data, start, to, tokens.count, last);
    }
  }

  @Override
  public void close() {}
}
