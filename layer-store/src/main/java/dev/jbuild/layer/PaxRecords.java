package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.TreeMap;

/**
 * Records of one PAX extended header (POSIX pax "Extended Header File Format"): keys as one char
 * per byte, values as bytes, written in order of the keys.
 */
final class PaxRecords {
  private final TreeMap<String, byte[]> records = new TreeMap<>();

  boolean isEmpty() {
    return records.isEmpty();
  }

  void put(String key, byte[] value) {
    records.put(key, value);
  }

  void put(String key, String latin1) {
    records.put(key, latin1.getBytes(ISO_8859_1));
  }

  byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    for (Map.Entry<String, byte[]> record : records.entrySet()) {
      byte[] key = record.getKey().getBytes(ISO_8859_1);
      int body = key.length + record.getValue().length + 3;
      out.writeBytes(Integer.toString(withLength(body)).getBytes(ISO_8859_1));
      out.write(' ');
      out.writeBytes(key);
      out.write('=');
      out.writeBytes(record.getValue());
      out.write('\n');
    }
    return out.toByteArray();
  }

  /** The length counts its own digits. */
  private static int withLength(int body) {
    int length = body + Integer.toString(body).length();
    return body + Integer.toString(length).length();
  }
}
