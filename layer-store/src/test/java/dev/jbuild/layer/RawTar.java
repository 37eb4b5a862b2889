package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** Puts tars together byte by byte, sound or not. */
final class RawTar {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Changes a finished header; the checksum is made right afterwards. */
  interface Spoil {
    void apply(byte[] header);
  }

  static byte[] header(char type, String name, String link, long size, Spoil spoil) {
    byte[] block = new byte[512];
    text(block, 0, 100, name);
    text(block, 100, 8, "0000755");
    text(block, 108, 8, octal(uid()));
    text(block, 116, 8, octal(gid()));
    text(block, 124, 12, String.format("%011o", size));
    text(block, 136, 12, "14524753700");
    block[156] = (byte) type;
    text(block, 157, 100, link);
    text(block, 257, 8, "ustar\00000");
    spoil.apply(block);
    Arrays.fill(block, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    text(block, 148, 8, String.format("%06o\0 ", sum));
    return block;
  }

  private static String octal(int value) {
    return String.format("%07o", value);
  }

  static int uid() {
    return attribute("unix:uid");
  }

  static int gid() {
    return attribute("unix:gid");
  }

  private static int attribute(String name) {
    try {
      return (Integer) java.nio.file.Files.getAttribute(java.nio.file.Path.of("/proc/self"), name);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static void text(byte[] block, int offset, int room, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    Arrays.fill(block, offset, offset + room, (byte) 0);
    System.arraycopy(bytes, 0, block, offset, Math.min(room, bytes.length));
  }

  RawTar entry(char type, String name, String link, String content, Spoil spoil) {
    byte[] bytes = content.getBytes(ISO_8859_1);
    out.writeBytes(header(type, name, link, bytes.length, spoil));
    return data(bytes);
  }

  RawTar entry(char type, String name, String link, String content) {
    return entry(type, name, link, content, _ -> {});
  }

  RawTar dir(String name) {
    return entry('5', name, "", "");
  }

  RawTar file(String name, String content) {
    return entry('0', name, "", content);
  }

  RawTar symlink(String name, String target) {
    return entry('2', name, target, "");
  }

  RawTar hardlink(String name, String target) {
    return entry('1', name, target, "");
  }

  RawTar device(char type, String name, int major, int minor) {
    return entry(
        type,
        name,
        "",
        "",
        h -> {
          text(h, 329, 8, octal(major));
          text(h, 337, 8, octal(minor));
        });
  }

  /** A PAX header of records {@code key, value, …}. */
  RawTar pax(String... records) {
    return entry('x', "PaxHeaders/x", "", records(records));
  }

  RawTar global(String... records) {
    return entry('g', "PaxHeaders/g", "", records(records));
  }

  static String records(String... records) {
    PaxRecords pax = new PaxRecords();
    for (int i = 0; i < records.length; i += 2) {
      pax.put(records[i], records[i + 1]);
    }
    return new String(pax.encode(), ISO_8859_1);
  }

  RawTar raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  private RawTar data(byte[] bytes) {
    out.writeBytes(bytes);
    out.writeBytes(new byte[(512 - bytes.length % 512) % 512]);
    return this;
  }

  byte[] end() {
    out.writeBytes(new byte[1024]);
    return out.toByteArray();
  }

  byte[] cut(int bytes) {
    byte[] all = out.toByteArray();
    return Arrays.copyOf(all, all.length - bytes);
  }
}
