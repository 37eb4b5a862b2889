package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.jbuild.linux.BytePath;

/**
 * The fields of a header block, as v7, ustar, star and GNU tar write them. Names are bytes, one in
 * each character. Not thread-safe.
 */
final class TarHeaderBlock {
  private static final int BLOCK = TarHeader.BLOCK;

  private final byte[] block;
  private String entry = "";

  /**
   * @param block read anew for each header
   */
  TarHeaderBlock(byte[] block) {
    this.block = block;
  }

  /** Errors name this entry from now on. */
  void belongsTo(String name) {
    entry = name;
  }

  /** False for the block of zeros that ends an archive; what has another sum is damaged. */
  boolean isHeader(long position) {
    boolean zero = true;
    int unsigned = 0;
    int signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      int b = i >= 148 && i < 156 ? ' ' : block[i];
      zero &= block[i] == 0;
      unsigned += b & 0xff;
      signed += b;
    }
    if (zero) {
      return false;
    }
    long sum = number(148, 8, "checksum");
    if (sum != unsigned && sum != signed) {
      throw TarReader.corrupt(
          "header at byte " + position + " has checksum " + sum + ", not " + unsigned);
    }
    return true;
  }

  /** The name in the header, with the prefix of ustar. */
  String name() {
    String name = text(0, 100);
    boolean posix = text(257, 6).equals("ustar") && block[263] == '0';
    if (!posix) {
      return name;
    }
    boolean star = block[508] == 't' && block[509] == 'a' && block[510] == 'r' && block[511] == 0;
    String prefix = text(345, star ? 131 : 155);
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  /** A string that ends at a zero byte or with its room. */
  String text(int offset, int room) {
    int end = offset;
    while (end < offset + room && block[end] != 0) {
      end++;
    }
    return new String(block, offset, end - offset, ISO_8859_1);
  }

  /** All up to the first zero byte. */
  static String cString(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, ISO_8859_1);
  }

  /**
   * Octal digits between blanks, or the base-256 form of GNU tar for large and negative numbers.
   */
  long number(int offset, int room, String what) {
    if ((block[offset] & 0x80) != 0) {
      return binary(offset, room, what);
    }
    int at = offset;
    int end = offset + room;
    while (at < end && (block[at] == ' ' || block[at] == 0)) {
      at++;
    }
    while (end > at && (block[end - 1] == ' ' || block[end - 1] == 0)) {
      end--;
    }
    long value = 0;
    for (int i = at; i < end; i++) {
      int digit = block[i] - '0';
      if (block[i] == 0 || block[i] == ' ') {
        break;
      }
      if (digit < 0 || digit > 7) {
        throw TarReader.corrupt(
            what
                + " \""
                + BytePath.printable(new String(block, at, end - at, ISO_8859_1))
                + "\" is not octal");
      }
      value = value << 3 | digit;
    }
    return value;
  }

  private long binary(int offset, int room, String what) {
    boolean negative = (block[offset] & 0x40) != 0;
    long value = negative ? -1 : 0;
    for (int i = 0; i < room; i++) {
      int b = block[offset + i] & 0xff;
      if (i == 0) {
        b = negative ? b | 0x80 : b & 0x7f;
      }
      long top = value >> 55;
      if (top != 0 && top != -1) {
        throw TarReader.corrupt(
            what + " of \"" + BytePath.printable(entry) + "\" does not fit 64 bits");
      }
      value = value << 8 | b;
    }
    return value;
  }
}
