package dev.jbuild.layer.deflate;

import java.util.zip.Deflater;

/**
 * Tells blocks that deflate cannot shrink (compressed or encrypted data) from all others, at a
 * small part of what deflating them costs. A function of the block alone.
 */
final class Randomness {
  private static final int MIN = 16 * 1024;
  private static final int SAMPLE = 8 * 1024;

  private Randomness() {}

  static boolean isRandom(byte[] data, int from, int to) {
    int length = to - from;
    if (length < MIN || !isFlat(data, from, to)) {
      return false;
    }
    // Even frequencies may still hide repetition, so a quick deflate of two places has a say.
    return !shrinks(data, from) && !shrinks(data, from + length / 2);
  }

  /** Whether all byte values are about equally frequent: chi-squared below twice its mean. */
  private static boolean isFlat(byte[] data, int from, int to) {
    int[] count = new int[256];
    for (int i = from; i < to; i++) {
      count[data[i] & 0xff]++;
    }
    double expected = (to - from) / 256.0;
    double sum = 0;
    for (int n : count) {
      sum += (n - expected) * (n - expected) / expected;
    }
    return sum < 2 * 255;
  }

  private static boolean shrinks(byte[] data, int offset) {
    Deflater deflater = new Deflater(1, true);
    try {
      deflater.setInput(data, offset, SAMPLE);
      deflater.finish();
      byte[] out = new byte[SAMPLE];
      int n = deflater.deflate(out);
      return n < SAMPLE - SAMPLE / 100;
    } finally {
      deflater.end();
    }
  }
}
