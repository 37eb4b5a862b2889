package dev.jbuild.layer.deflate;

import java.util.Arrays;

/**
 * A canonical prefix code (RFC 1951, section 3.2.2) of limited length for given frequencies. Made
 * anew for each block, in the same arrays. Integers only, so the code is a function of the
 * frequencies.
 */
final class HuffmanCode {
  private static final int SYMBOL_BITS = 9;
  private static final int SYMBOL = (1 << SYMBOL_BITS) - 1;

  private final int maxLength;

  /** By symbol; 0 for those that do not occur. */
  final byte[] lengths;

  /** By symbol, the first bit lowest, as deflate sends them. */
  final int[] codes;

  private final int[] sorted;
  private final int[] work;
  private final int[] perLength;
  private final int[] next;

  HuffmanCode(int symbols, int maxLength) {
    this.maxLength = maxLength;
    lengths = new byte[symbols];
    codes = new int[symbols];
    sorted = new int[symbols];
    work = new int[symbols];
    perLength = new int[maxLength + 1];
    next = new int[maxLength + 1];
  }

  /**
   * Makes the code for frequencies below 2^22. At least two symbols get a code, whether they occur
   * or not: a complete code is one that every decoder takes.
   */
  void build(int[] frequencies) {
    int used = 0;
    for (int symbol = 0; symbol < lengths.length; symbol++) {
      int frequency = frequencies[symbol];
      if (frequency > 0) {
        sorted[used++] = (frequency << SYMBOL_BITS) | symbol;
      }
    }
    for (int symbol = 0; used < 2; symbol++) {
      if (frequencies[symbol] == 0) {
        sorted[used++] = symbol;
      }
    }
    Arrays.sort(sorted, 0, used);
    for (int i = 0; i < used; i++) {
      work[i] = sorted[i] >>> SYMBOL_BITS;
    }
    depths(work, used);
    countLengths(used);
    Arrays.fill(lengths, (byte) 0);
    int at = 0;
    for (int length = maxLength; length > 0; length--) {
      for (int i = perLength[length]; i > 0; i--) {
        lengths[sorted[at++] & SYMBOL] = (byte) length;
      }
    }
    assign();
  }

  /**
   * Turns ascending frequencies into the lengths of an optimal code, in place (Moffat and
   * Katajainen, 1995).
   */
  private static void depths(int[] a, int n) {
    a[0] += a[1];
    int root = 0;
    int leaf = 2;
    for (int i = 1; i < n - 1; i++) {
      if (leaf >= n || a[root] < a[leaf]) {
        a[i] = a[root];
        a[root++] = i;
      } else {
        a[i] = a[leaf++];
      }
      if (leaf >= n || (root < i && a[root] < a[leaf])) {
        a[i] += a[root];
        a[root++] = i;
      } else {
        a[i] += a[leaf++];
      }
    }
    a[n - 2] = 0;
    for (int i = n - 3; i >= 0; i--) {
      a[i] = a[a[i]] + 1;
    }
    int available = 1;
    int depth = 0;
    int inner = n - 2;
    int at = n - 1;
    while (available > 0) {
      int used = 0;
      while (inner >= 0 && a[inner] == depth) {
        used++;
        inner--;
      }
      for (; available > used; available--) {
        a[at--] = depth;
      }
      available = 2 * used;
      depth++;
    }
  }

  /**
   * Counts the codes of each length. What is too long becomes as long as is allowed; then, as long
   * as there are more codes than bits can tell apart, one of the longest becomes the sibling of a
   * shorter one.
   */
  private void countLengths(int used) {
    Arrays.fill(perLength, 0);
    int space = 0;
    for (int i = 0; i < used; i++) {
      int length = Math.min(work[i], maxLength);
      perLength[length]++;
      space += 1 << (maxLength - length);
    }
    for (; space > 1 << maxLength; space--) {
      int length = maxLength - 1;
      while (perLength[length] == 0) {
        length--;
      }
      perLength[maxLength]--;
      perLength[length]--;
      perLength[length + 1] += 2;
    }
  }

  private void assign() {
    int code = 0;
    for (int length = 1; length <= maxLength; length++) {
      code = (code + perLength[length - 1]) << 1;
      next[length] = code;
    }
    for (int symbol = 0; symbol < lengths.length; symbol++) {
      int length = lengths[symbol];
      codes[symbol] = length == 0 ? 0 : Integer.reverse(next[length]++) >>> (Integer.SIZE - length);
    }
  }

  /** Bits of all symbols with these frequencies, without their extra bits. */
  long cost(int[] frequencies) {
    long bits = 0;
    for (int symbol = 0; symbol < lengths.length; symbol++) {
      bits += (long) frequencies[symbol] * lengths[symbol];
    }
    return bits;
  }
}
