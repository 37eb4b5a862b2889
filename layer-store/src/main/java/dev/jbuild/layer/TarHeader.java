package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;

/**
 * One 512-byte ustar header being filled. What a field cannot hold goes to the PAX records, and the
 * field is left at zero.
 */
final class TarHeader {
  static final int BLOCK = 512;

  private static final int NAME = 100;
  private static final int PREFIX = 155;
  private static final long MAX_OCTAL_7 = 07777777L;
  private static final long MAX_OCTAL_11 = 077777777777L;

  private final byte[] block = new byte[BLOCK];

  void start(char type, String name, String target, PaxRecords pax) {
    Arrays.fill(block, (byte) 0);
    block[156] = (byte) type;
    putPath(name, pax);
    if (target.length() > NAME) {
      pax.put("linkpath", target);
    }
    putText(157, NAME, target);
    putText(257, 8, "ustar\00000");
  }

  /** The name of a PAX header means nothing; this one follows its entry's. */
  void startPax(TarHeader entry) {
    Arrays.fill(block, (byte) 0);
    block[156] = 'x';
    int end = 0;
    while (end < NAME && entry.block[end] != 0) {
      end++;
    }
    if (end > 0 && entry.block[end - 1] == '/') {
      end--;
    }
    int start = end;
    while (start > 0 && entry.block[start - 1] != '/') {
      start--;
    }
    String base = new String(entry.block, start, end - start, ISO_8859_1);
    putText(0, NAME, "PaxHeaders.0/" + base);
    putText(257, 8, "ustar\00000");
    octal(100, 8, 0644);
    octal(108, 8, 0);
    octal(116, 8, 0);
    octal(136, 12, 0);
  }

  private void putPath(String name, PaxRecords pax) {
    if (name.length() <= NAME) {
      putText(0, NAME, name);
      return;
    }
    // ustar splits at a slash: up to 155 bytes before it, up to 100 after, not nothing after.
    int slash = name.lastIndexOf('/', Math.min(PREFIX, name.length() - 2));
    if (slash > 0 && name.length() - slash - 1 <= NAME) {
      putText(345, PREFIX, name.substring(0, slash));
      putText(0, NAME, name.substring(slash + 1));
      return;
    }
    pax.put("path", name);
    putText(0, NAME, name);
  }

  private void putText(int offset, int room, String latin1) {
    byte[] bytes = latin1.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, block, offset, Math.min(room, bytes.length));
  }

  void attributes(int mode, long uid, long gid, Instant mtime, PaxRecords pax) {
    octal(100, 8, mode);
    number(108, 8, uid, MAX_OCTAL_7, "uid", pax);
    number(116, 8, gid, MAX_OCTAL_7, "gid", pax);
    long seconds = mtime.getEpochSecond();
    if (seconds < 0 || seconds > MAX_OCTAL_11 || mtime.getNano() != 0) {
      pax.put("mtime", decimal(mtime));
    }
    octal(136, 12, seconds < 0 || seconds > MAX_OCTAL_11 ? 0 : seconds);
  }

  void numbers(long size, int major, int minor, PaxRecords pax) {
    number(124, 12, size, MAX_OCTAL_11, "size", pax);
    octal(329, 8, major);
    octal(337, 8, minor);
  }

  private void number(int offset, int room, long value, long max, String key, PaxRecords pax) {
    if (value > max) {
      pax.put(key, Long.toString(value));
      octal(offset, room, 0);
    } else {
      octal(offset, room, value);
    }
  }

  /** Digits with leading zeros and a NUL at the end. */
  private void octal(int offset, int room, long value) {
    long rest = value;
    for (int i = offset + room - 2; i >= offset; i--) {
      block[i] = (byte) ('0' + (rest & 7));
      rest >>>= 3;
    }
    block[offset + room - 1] = 0;
  }

  static String decimal(Instant time) {
    return BigDecimal.valueOf(time.getEpochSecond())
        .add(BigDecimal.valueOf(time.getNano(), 9))
        .stripTrailingZeros()
        .toPlainString();
  }

  /** The header with its checksum; valid until the next start. */
  byte[] finish() {
    Arrays.fill(block, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    octal(148, 7, sum);
    return block;
  }
}
