package dev.jbuild.layer.deflate;

import java.util.Arrays;

/**
 * The fast parser: two hash tables, one of the next four bytes and one of the next eight, each with
 * the last position only. The second finds the long matches among the many short ones that the
 * first has forgotten.
 *
 * <p>What costs time here is a branch that the processor guesses wrong, as long as it takes until
 * the data for it are there. So an entry holds sixteen more bits of the hash beside the lowest
 * sixteen of the position: whether a candidate is one is known without reading it, and the bytes
 * that are compared afterwards nearly always agree. The rest of the position follows, since a
 * candidate is the last place within 64 KiB that ends in those bits; that it is no other place does
 * not matter, as the bytes decide.
 */
final class DoubleHashParser implements Parser {
  private static final int PRIME = 0x9e3779b1;
  private static final long LONG_PRIME = 0xcf1bbcdcb7a56463L;
  private static final int POSITION = 0xffff;

  /** Shorter matches give way to a longer one that starts a byte later. */
  private static final int LONG_ENOUGH = 16;

  /**
   * Literals in a row after which not every position is looked at: a 128th of the row is skipped.
   */
  private static final int SKIP_SHIFT = 7;

  /** No more than this is skipped at once, lest the end of a long row be missed by much. */
  private static final int MAX_SKIP = 256;

  private final boolean lazy;
  private final int shift;
  private final int[] shorts;
  private final int[] longs;

  /** Literals in a row, across segments. */
  private int misses;

  /**
   * Makes a parser.
   *
   * @param bits of the tables' size: fewer are faster and find less
   * @param lazy whether to look for a better match a byte later
   */
  DoubleHashParser(int bits, boolean lazy) {
    this.lazy = lazy;
    shift = Integer.SIZE - bits;
    shorts = new int[1 << bits];
    longs = new int[1 << bits];
  }

  private static int key(long word) {
    return (int) word * PRIME;
  }

  private static int longKey(long word) {
    return (int) ((word * LONG_PRIME) >>> 32);
  }

  private static int entry(int key, int at) {
    return (key << 16) | (at & POSITION);
  }

  /** The position of an entry if it may be one of this key within the window, else negative. */
  private static int candidate(int entry, int key, int at) {
    int distance = ((at - 1 - entry) & POSITION) + 1;
    boolean same = (entry ^ (key << 16)) >>> 16 == 0;
    return same && distance <= Symbols.WINDOW ? at - distance : -1;
  }

  private void insert(byte[] data, int at) {
    long word = Bytes.int64(data, at);
    int key = key(word);
    int longKey = longKey(word);
    shorts[key >>> shift] = entry(key, at);
    longs[longKey >>> shift] = entry(longKey, at);
  }

  @Override
  public void start(byte[] data, int length) {
    Arrays.fill(shorts, 0);
    Arrays.fill(longs, 0);
    misses = 0;
    for (int at = 0; at <= length - TAIL; at += 2) {
      insert(data, at);
    }
  }

  @Override
  public int parse(byte[] data, int from, int to, Tokens tokens, Histogram counts) {
    tokens.reserve(SEQUENCES);
    final long[] sequences = tokens.sequences;
    final int[] shorts = this.shorts;
    final int[] longs = this.longs;
    final int shift = this.shift;
    final int[] literals = counts.literals;
    final int[] distances = counts.distances;
    final int limit = to - TAIL;
    final boolean lazy = this.lazy;
    int made = tokens.count;
    int run = misses;
    int left = SEGMENT;
    int anchor = from;
    int at = from;
    while (left > 0 && at <= limit) {
      long word = Bytes.int64(data, at);
      int key = key(word);
      int longKey = longKey(word);
      int slot = key >>> shift;
      int longSlot = longKey >>> shift;
      int entry = shorts[slot];
      int longEntry = longs[longSlot];
      shorts[slot] = entry(key, at);
      longs[longSlot] = entry(longKey, at);
      int length;
      int candidate = candidate(longEntry, longKey, at);
      if (candidate >= 0 && Bytes.int64(data, candidate) == word) {
        length = 8 + Bytes.common(data, candidate + 8, at + 8, room(at, to) - 8);
      } else {
        candidate = candidate(entry, key, at);
        if (candidate < 0 || Bytes.int32(data, candidate) != (int) word) {
          literals[(int) word & 0xff]++;
          at++;
          if (++run >>> SKIP_SHIFT != 0) {
            int next = skip(data, at, to, run, literals);
            run += next - at;
            at = next;
            if (at - anchor >= SEGMENT) {
              break;
            }
          }
          continue;
        }
        length = 4 + Bytes.common(data, candidate + 4, at + 4, room(at, to) - 4);
        if (lazy && length < LONG_ENOUGH && at < limit) {
          long nextWord = Bytes.int64(data, at + 1);
          int nextKey = longKey(nextWord);
          int nextSlot = nextKey >>> shift;
          int nextEntry = longs[nextSlot];
          longs[nextSlot] = entry(nextKey, at + 1);
          int next = candidate(nextEntry, nextKey, at + 1);
          if (next >= 0 && Bytes.int64(data, next) == nextWord) {
            int nextLength = 8 + Bytes.common(data, next + 8, at + 9, room(at + 1, to) - 8);
            if (nextLength > length) {
              literals[(int) word & 0xff]++;
              at++;
              candidate = next;
              length = nextLength;
            }
          }
        }
      }
      // Not every position is known, so the match may have begun before it was found.
      while (at > anchor
          && candidate > 0
          && length < Symbols.MAX_MATCH
          && data[at - 1] == data[candidate - 1]) {
        at--;
        candidate--;
        length++;
        literals[data[at] & 0xff]--;
      }
      int symbol = Symbols.ofDistance(at - candidate);
      literals[Symbols.LENGTH_SYMBOL[length]]++;
      distances[symbol]++;
      sequences[made++] = Tokens.sequence(at - anchor, length, at - candidate, symbol);
      left -= at - anchor + 1;
      int end = at + length;
      if (end <= limit) {
        // Some of what the match covers; all of it would take longer than it gains.
        insert(data, at + 2);
        insert(data, at + 3);
        insert(data, end - 2);
        insert(data, end - 1);
      }
      at = end;
      anchor = end;
      run = 0;
    }
    if (left > 0 && at > limit) {
      counts.literals(data, at, to);
      at = Math.max(at, to);
    }
    if (at > anchor) {
      sequences[made++] = Tokens.literalsOnly(at - anchor);
    }
    tokens.count = made;
    misses = run;
    return at;
  }

  private static int room(int at, int to) {
    return Math.min(to - at, Symbols.MAX_MATCH);
  }

  /** Counts the bytes that are not looked at after {@code run} literals; where it goes on. */
  private static int skip(byte[] data, int from, int to, int run, int[] literals) {
    int end = Math.min(to, from + Math.min(MAX_SKIP, run >>> SKIP_SHIFT));
    for (int at = from; at < end; at++) {
      literals[data[at] & 0xff]++;
    }
    return end;
  }
}
