package dev.jbuild.engine.exec;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The last bytes a step wrote, for the message when it fails. Safe for use by many threads. */
final class OutputTail {
  private static final int BYTES = 4096;
  private static final int LINES = 20;

  private final byte[] ring = new byte[BYTES];
  private long written;

  synchronized void add(byte[] bytes) {
    int skipped = Math.max(0, bytes.length - BYTES);
    written += skipped;
    for (int i = skipped; i < bytes.length; i++) {
      ring[(int) (written++ % BYTES)] = bytes[i];
    }
  }

  /** Whether {@link #text} leaves nothing out. */
  synchronized boolean isWhole() {
    return written <= BYTES && text().lines().count() < LINES;
  }

  /** At most the last twenty whole lines, as text. */
  synchronized String text() {
    int size = (int) Math.min(written, BYTES);
    byte[] ordered = new byte[size];
    for (int i = 0; i < size; i++) {
      ordered[i] = ring[(int) ((written - size + i) % BYTES)];
    }
    String text = new String(ordered, StandardCharsets.UTF_8).stripTrailing();
    String[] lines = text.split("\n", -1);
    // The first line may be cut where the ring begins.
    int first = Math.max(written > BYTES && lines.length > 1 ? 1 : 0, lines.length - LINES);
    return String.join("\n", Arrays.copyOfRange(lines, first, lines.length));
  }
}
