package dev.jbuild.layer.deflate;

import java.util.Arrays;

/** How often each symbol occurs in a run of tokens, and about how many bits that takes. */
final class Histogram {
  /** Bits of the fraction of a logarithm. */
  private static final int FRACTION = 8;

  private static final int TABLE = 4096;

  /** Logarithms to the base 2, times 2^{@link #FRACTION}. */
  private static final int[] LOG = new int[TABLE];

  static {
    for (int i = 1; i < TABLE; i++) {
      // StrictMath gives the same digits on every machine.
      LOG[i] = (int) Math.round(StrictMath.log(i) / StrictMath.log(2) * (1 << FRACTION));
    }
  }

  final int[] literals = new int[Symbols.LITERALS];
  final int[] distances = new int[Symbols.DISTANCES];

  void clear() {
    Arrays.fill(literals, 0);
    Arrays.fill(distances, 0);
  }

  void add(Histogram other) {
    for (int i = 0; i < literals.length; i++) {
      literals[i] += other.literals[i];
    }
    for (int i = 0; i < distances.length; i++) {
      distances[i] += other.distances[i];
    }
  }

  /** Counts the bytes from {@code from} to {@code to}, if any, as literals. */
  void literals(byte[] data, int from, int to) {
    for (int at = from; at < to; at++) {
      literals[data[at] & 0xff]++;
    }
  }

  /** Bits of the extra fields, which no code shortens. */
  long extraBits() {
    long bits = 0;
    for (int i = 0; i < Symbols.LENGTH_EXTRA.length; i++) {
      bits += (long) literals[Symbols.FIRST_LENGTH + i] * Symbols.LENGTH_EXTRA[i];
    }
    for (int i = 0; i < Symbols.DISTANCES; i++) {
      bits += (long) distances[i] * Symbols.DISTANCE_EXTRA[i];
    }
    return bits;
  }

  /** Entropy of the symbols and a guess of what describing their codes takes, in 1/256 bits. */
  long estimate() {
    return entropy(literals) + entropy(distances);
  }

  /** Entropy of both histograms together. */
  long estimateWith(Histogram other) {
    return joint(literals, other.literals) + joint(distances, other.distances);
  }

  private static final int DESCRIPTION = 3 << FRACTION;

  private static long entropy(int[] counts) {
    long total = 0;
    long sum = 0;
    for (int n : counts) {
      if (n > 0) {
        total += n;
        sum += (long) n * log(n) - DESCRIPTION;
      }
    }
    return total * log((int) total) - sum;
  }

  private static long joint(int[] counts, int[] others) {
    long total = 0;
    long sum = 0;
    for (int i = 0; i < counts.length; i++) {
      int n = counts[i] + others[i];
      if (n > 0) {
        total += n;
        sum += (long) n * log(n) - DESCRIPTION;
      }
    }
    return total * log((int) total) - sum;
  }

  private static int log(int n) {
    if (n < TABLE) {
      return LOG[n];
    }
    int shift = Integer.SIZE - 12 - Integer.numberOfLeadingZeros(n);
    return LOG[n >>> shift] + (shift << FRACTION);
  }
}
