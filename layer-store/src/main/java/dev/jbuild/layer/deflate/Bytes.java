package dev.jbuild.layer.deflate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Words in byte arrays, little-endian on every machine.
 *
 * <p>The methods are this small so that they are compiled after a few hundred calls, while the
 * loops that use them still run interpreted.
 */
final class Bytes {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Bytes() {}

  static int int32(byte[] bytes, int at) {
    return (int) INT.get(bytes, at);
  }

  static long int64(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  static void putInt64(byte[] bytes, int at, long value) {
    LONG.set(bytes, at, value);
  }

  /**
   * How many bytes from {@code a} and from {@code b} on are equal, {@code max} at most. Reads up to
   * seven bytes more, which have no say.
   */
  static int common(byte[] bytes, int a, int b, int max) {
    // Most matches end in the first word. Left to the loop, it would run through what the compiler
    // puts around a loop to make long ones fast.
    long difference = int64(bytes, a) ^ int64(bytes, b);
    if (difference != 0) {
      return Math.min(max, Long.numberOfTrailingZeros(difference) >>> 3);
    }
    return further(bytes, a, b, max);
  }

  private static int further(byte[] bytes, int a, int b, int max) {
    int n = Long.BYTES;
    while (n < max) {
      long difference = int64(bytes, a + n) ^ int64(bytes, b + n);
      if (difference != 0) {
        return Math.min(max, n + (Long.numberOfTrailingZeros(difference) >>> 3));
      }
      n += Long.BYTES;
    }
    return max;
  }
}
