package dev.jbuild.cli.progress;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Cuts the output of one stream of one step into lines, whatever the pieces it comes in. */
final class Lines {
  /** A line longer than this is shown in pieces, so that memory stays bounded. */
  private static final int LONGEST = 64 << 10;

  private byte[] open = new byte[0];

  /** Hands the lines that {@code bytes} complete to {@code sink}, without their newlines. */
  void add(byte[] bytes, java.util.function.Consumer<byte[]> sink) {
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        sink.accept(shown(join(bytes, start, i)));
        open = new byte[0];
        start = i + 1;
      }
    }
    open = join(bytes, start, bytes.length);
    if (open.length > LONGEST) {
      flush(sink);
    }
  }

  /** Hands on a last line that has no newline. */
  void flush(java.util.function.Consumer<byte[]> sink) {
    if (open.length > 0) {
      sink.accept(shown(open));
      open = new byte[0];
    }
  }

  /** The line that has no newline yet, as it is shown so far; empty if there is none. */
  byte[] open() {
    return shown(open);
  }

  private byte[] join(byte[] bytes, int from, int to) {
    byte[] line = Arrays.copyOf(open, open.length + to - from);
    System.arraycopy(bytes, from, line, open.length, to - from);
    return line;
  }

  /** A line as a terminal would leave it: what stands before the last carriage return is gone. */
  private static byte[] shown(byte[] line) {
    int end = line.length;
    while (end > 0 && line[end - 1] == '\r') {
      end--;
    }
    int start = end;
    while (start > 0 && line[start - 1] != '\r') {
      start--;
    }
    return start == 0 && end == line.length ? line : Arrays.copyOfRange(line, start, end);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Prefix, line and newline as one array, to be written at once. */
  static byte[] prefixed(String prefix, byte[] line) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(prefix.length() + line.length + 1);
    all.writeBytes(utf8(prefix));
    all.writeBytes(line);
    all.write('\n');
    return all.toByteArray();
  }
}
