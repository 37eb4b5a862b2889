package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.jbuild.linux.BytePath;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URLDecoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Records of a PAX header as read: values stay bytes until someone knows what they mean. */
final class PaxHeader {
  private static final Pattern TIME = Pattern.compile("-?[0-9]{1,18}(\\.[0-9]{0,30})?");

  private final Map<String, byte[]> records = new HashMap<>();

  /** Offsets and sizes of GNU sparse 0.0, whose keys repeat. */
  private final List<Long> sparseParts = new ArrayList<>();

  /** Of names and values that are held. */
  private long size;

  /** Takes the records of a header in; a later record replaces, an empty one removes. */
  void parse(byte[] bytes) {
    int at = 0;
    while (at < bytes.length) {
      int space = indexOf(bytes, ' ', at, Math.min(bytes.length, at + 12));
      long length = decimal("record length", latin1(bytes, at, Math.max(space, at)));
      if (space < 0 || length < space - at + 3 || length > bytes.length - at) {
        throw TarReader.corrupt("PAX record at byte " + at + " has a bad length");
      }
      int end = at + (int) length - 1;
      int equals = indexOf(bytes, '=', space + 1, end);
      if (bytes[end] != '\n' || equals < 0) {
        throw TarReader.corrupt("PAX record at byte " + at + " is malformed");
      }
      put(latin1(bytes, space + 1, equals), Arrays.copyOfRange(bytes, equals + 1, end));
      at = end + 1;
    }
  }

  private void put(String key, byte[] value) {
    if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
      boolean offset = key.equals("GNU.sparse.offset");
      if (offset != (sparseParts.size() % 2 == 0)) {
        throw TarReader.corrupt("PAX record \"" + key + "\" is out of turn");
      }
      sparseParts.add(decimal(key, new String(value, ISO_8859_1)));
      size += Long.BYTES;
      return;
    }
    boolean removes = value.length == 0 && !key.startsWith(TarNames.XATTR);
    byte[] before = removes ? records.remove(key) : records.put(key, value);
    size -= before == null ? 0 : key.length() + before.length;
    size += removes ? 0 : key.length() + value.length;
  }

  /** How many bytes are held, more or less. */
  long size() {
    return size;
  }

  /** These records with those of a closer header on top. */
  PaxHeader with(PaxHeader local) {
    if (records.isEmpty()) {
      return local;
    }
    PaxHeader both = new PaxHeader();
    both.records.putAll(records);
    both.records.putAll(local.records);
    both.sparseParts.addAll(local.sparseParts);
    return both;
  }

  List<Long> sparseParts() {
    return sparseParts;
  }

  Optional<String> text(String key) {
    byte[] value = records.get(key);
    if (value == null) {
      return Optional.empty();
    }
    String text = new String(value, ISO_8859_1);
    if (text.indexOf('\0') >= 0) {
      throw TarReader.corrupt("PAX record \"" + key + "\" contains a NUL byte");
    }
    return Optional.of(text);
  }

  Optional<Long> number(String key) {
    return text(key).map(text -> decimal(key, text));
  }

  Optional<Instant> time(String key) {
    return text(key).map(text -> parseTime(key, text));
  }

  private static Instant parseTime(String key, String text) {
    // No exponents: BigDecimal would write 1e999999999 out.
    if (!TIME.matcher(text).matches()) {
      throw TarReader.corrupt(
          "PAX record \"" + key + "\" is no time: \"" + BytePath.printable(text) + "\"");
    }
    BigDecimal value = new BigDecimal(text);
    BigDecimal whole = value.setScale(0, RoundingMode.FLOOR);
    int nanos = value.subtract(whole).movePointRight(9).intValue();
    return seconds(whole.longValue()).plusNanos(nanos);
  }

  /** A time within what can be counted; the rest is held at the ends. */
  static Instant seconds(long seconds) {
    return Instant.ofEpochSecond(
        Math.clamp(seconds, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond() - 1));
  }

  static long decimal(String key, String text) {
    boolean valid = !text.isEmpty() && text.length() <= 18;
    for (int i = 0; i < text.length(); i++) {
      valid &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
    }
    if (!valid) {
      throw TarReader.corrupt(
          "PAX record \""
              + BytePath.printable(key)
              + "\" holds \""
              + BytePath.printable(text.substring(0, Math.min(40, text.length())))
              + "\", which is no number in range");
    }
    return Long.parseLong(text);
  }

  /** Extended attributes in star's form, or libarchive's for names that star's does not give. */
  Xattrs xattrs() {
    Map<String, byte[]> found = new TreeMap<>();
    records.forEach((key, value) -> {
      if (key.startsWith(TarNames.XATTR)) {
        found.put(key.substring(TarNames.XATTR.length()), value);
      } else if (key.startsWith(TarNames.XATTR_LIBARCHIVE)) {
        addLibarchive(found, key.substring(TarNames.XATTR_LIBARCHIVE.length()), value);
      }
    });
    found.keySet().removeIf(name -> name.isEmpty() || name.indexOf('\0') >= 0);
    return Xattrs.of(found);
  }

  private static void addLibarchive(Map<String, byte[]> found, String name, byte[] value) {
    try {
      String decoded = URLDecoder.decode(name.replace("+", "%2B"), ISO_8859_1);
      String base64 = new String(value, ISO_8859_1).replace("=", "").strip();
      found.putIfAbsent(decoded, Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw TarReader.corrupt("attribute \"" + BytePath.printable(name) + "\" is malformed");
    }
  }

  private static String latin1(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, ISO_8859_1);
  }

  private static int indexOf(byte[] bytes, char c, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == c) {
        return i;
      }
    }
    return -1;
  }
}
