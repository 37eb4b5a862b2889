package dev.jbuild.layer.deflate;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Data of many kinds, each from a seed. */
final class Shapes {
  private static final int[] BORDERS = {
    0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 257, 258, 259, 8191, 8192, 8193, 32767, 32768, 32769, 65535,
    65536, 131070
  };

  private final Random random;

  Shapes(long seed) {
    random = new Random(seed);
  }

  byte[] next() {
    int size =
        switch (random.nextInt(4)) {
          case 0 -> Math.max(0, BORDERS[random.nextInt(BORDERS.length)] + random.nextInt(3) - 1);
          case 1 -> random.nextInt(40_000);
          default -> random.nextInt(3_000);
        };
    byte[] bytes = new byte[size];
    int at = 0;
    while (at < size) {
      // One kind throughout, or several in turn.
      int end = random.nextBoolean() ? size : at + 1 + random.nextInt(size - at);
      fill(bytes, at, end);
      at = end;
    }
    return bytes;
  }

  private void fill(byte[] bytes, int from, int to) {
    switch (random.nextInt(9)) {
      case 0 -> noise(bytes, from, to, 256);
      case 1 -> noise(bytes, from, to, 1 + random.nextInt(20));
      case 2 -> periodic(bytes, from, to, 1 + random.nextInt(300));
      case 3 -> periodic(bytes, from, to, 32_765 + random.nextInt(6));
      case 4 -> repeats(bytes, from, to);
      case 5 -> skewed(bytes, from, to);
      case 6 -> words(bytes, from, to);
      case 7 -> runs(bytes, from, to);
      default -> java.util.Arrays.fill(bytes, from, to, (byte) random.nextInt());
    }
  }

  private void noise(byte[] bytes, int from, int to, int values) {
    for (int i = from; i < to; i++) {
      bytes[i] = (byte) random.nextInt(values);
    }
  }

  private void periodic(byte[] bytes, int from, int to, int period) {
    for (int i = from; i < to; i++) {
      bytes[i] = i - from < period ? (byte) random.nextInt() : bytes[i - period];
    }
  }

  /** Noise, and copies of what is anywhere before, of lengths about the longest match. */
  private void repeats(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      int length =
          Math.min(to - i, random.nextBoolean() ? random.nextInt(8) : 250 + random.nextInt(20));
      int distance = 1 + random.nextInt(40_000);
      for (int end = i + length; i < end; i++) {
        bytes[i] = i >= distance ? bytes[i - distance] : (byte) random.nextInt();
      }
    }
  }

  /** Each value half as frequent as the one before it: codes as long as they can be. */
  private void skewed(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      bytes[i] = (byte) Integer.numberOfTrailingZeros(random.nextInt());
    }
  }

  private void words(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      byte[] word =
          Integer.toString(random.nextInt(500) * 7919, 36).getBytes(StandardCharsets.US_ASCII);
      for (int k = 0; k < word.length && i < to; k++) {
        bytes[i++] = word[k];
      }
      if (i < to) {
        bytes[i++] = ' ';
      }
    }
  }

  private void runs(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      byte value = (byte) random.nextInt(4);
      for (int end = Math.min(to, i + 1 + random.nextInt(600)); i < end; i++) {
        bytes[i] = value;
      }
    }
  }
}
