package dev.jbuild.layer.deflate;

/**
 * Bits to bytes, the first bit lowest (RFC 1951, section 3.1.1). Whole words are written, so the
 * array must have {@link #SLACK} bytes more than what is to be said.
 */
final class BitWriter {
  static final int SLACK = 16;

  /** Where the next byte goes; loops that write much take these three along in local variables. */
  byte[] out = {};

  int at;
  long bits;
  int count;

  void start(byte[] target) {
    out = target;
    at = 0;
    bits = 0;
    count = 0;
  }

  /** Adds up to 56 bits; {@code value} has no others. */
  void put(long value, int length) {
    bits |= value << count;
    count += length;
    Bytes.putInt64(out, at, bits);
    at += count >>> 3;
    bits >>>= count & ~7;
    count &= 7;
  }

  /** Zeros up to the next byte. */
  void align() {
    if (count > 0) {
      put(0, 8 - count);
    }
  }

  /** Copies bytes; between bytes only. */
  void bytes(byte[] source, int from, int length) {
    System.arraycopy(source, from, out, at, length);
    at += length;
  }

  /** Bits so far. */
  long position() {
    return 8L * at + count;
  }
}
