package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where a file has content other than zeros, for the GNU sparse 1.0 form (tar manual, "PAX Format,
 * Version 1.0").
 *
 * <p>A layer must not depend on how a file system or a copy keeps holes. So the map is a function
 * of the content: the file is cut into {@link #GRAIN} blocks, and blocks of zeros are holes. To
 * read ordinary files only once, the map is made only if one of a few fixed probes of the content
 * finds zeros; a file that hides its zeros from all probes is written in full, on every machine
 * alike. Holes that the file system reports are zeros known without reading.
 */
record SparseMap(List<ContentSource.Extent> data) {
  /** Smaller files are written in full. */
  static final long MIN_SIZE = 1 << 20;

  /** Unit of holes, and of probes. */
  static final int GRAIN = 64 * 1024;

  private static final int PROBES = 8;
  private static final int PROBE = 4096;

  /** Holes must be at least this part of the file, else the plain form is better. */
  private static final int MIN_SHARE = 8;

  SparseMap {
    data = List.copyOf(data);
  }

  /** The map of a file worth writing as sparse; empty for all others. */
  static Optional<SparseMap> find(TreeEntry.RegularFile file) throws IOException {
    if (file.size() < MIN_SIZE) {
      return Optional.empty();
    }
    List<ContentSource.Extent> known = file.content().extents(file.size());
    if (!probesFindZeros(file, known)) {
      return Optional.empty();
    }
    SparseMap map = new SparseMap(scan(file, known));
    return file.size() - map.dataSize() >= file.size() / MIN_SHARE
        ? Optional.of(map)
        : Optional.empty();
  }

  private static boolean probesFindZeros(
      TreeEntry.RegularFile file, List<ContentSource.Extent> known) throws IOException {
    byte[] probe = new byte[PROBE];
    long step = file.size() / PROBES / PROBE * PROBE;
    try (InputStream in = file.content().open()) {
      long at = 0;
      for (int i = 0; i < PROBES; i++) {
        long offset = i * step;
        if (!overlaps(known, offset, PROBE)) {
          return true;
        }
        in.skipNBytes(offset - at);
        int n = in.readNBytes(probe, 0, PROBE);
        at = offset + n;
        if (n < PROBE || isZero(probe, n)) {
          // Short: the file shrank since it was looked at; the writer will say so.
          return n == PROBE;
        }
      }
    }
    return false;
  }

  private static boolean overlaps(List<ContentSource.Extent> extents, long offset, long length) {
    for (ContentSource.Extent extent : extents) {
      if (extent.offset() < offset + length && offset < extent.end()) {
        return true;
      }
    }
    return false;
  }

  private static List<ContentSource.Extent> scan(
      TreeEntry.RegularFile file, List<ContentSource.Extent> known) throws IOException {
    List<ContentSource.Extent> data = new ArrayList<>();
    byte[] grain = new byte[GRAIN];
    int next = 0;
    long at = 0;
    try (InputStream in = file.content().open()) {
      for (long offset = 0; offset < file.size(); offset += GRAIN) {
        while (next < known.size() && known.get(next).end() <= offset) {
          next++;
        }
        if (next == known.size()) {
          break;
        }
        if (known.get(next).offset() >= offset + GRAIN) {
          // A hole of the file system: on to the grain in which the next data starts.
          offset = known.get(next).offset() / GRAIN * GRAIN - GRAIN;
          continue;
        }
        int length = (int) Math.min(GRAIN, file.size() - offset);
        in.skipNBytes(offset - at);
        int n = in.readNBytes(grain, 0, length);
        at = offset + n;
        if (n < length || !isZero(grain, n)) {
          append(data, offset, length);
        }
      }
    }
    return data;
  }

  private static void append(List<ContentSource.Extent> data, long offset, long length) {
    if (!data.isEmpty() && data.getLast().end() == offset) {
      ContentSource.Extent before = data.removeLast();
      data.add(new ContentSource.Extent(before.offset(), before.length() + length));
    } else {
      data.add(new ContentSource.Extent(offset, length));
    }
  }

  private static final byte[] ZEROS = new byte[GRAIN];

  private static boolean isZero(byte[] bytes, int length) {
    return Arrays.equals(bytes, 0, length, ZEROS, 0, length);
  }

  /** Bytes that are stored. */
  long dataSize() {
    long sum = 0;
    for (ContentSource.Extent extent : data) {
      sum += extent.length();
    }
    return sum;
  }

  /** The map as it precedes the data: decimal numbers on lines, padded to a block. */
  byte[] encode(long realSize) {
    // GNU tar takes the end of the last part for the file's size, so a hole at the end is followed
    // by an empty part.
    boolean endsInHole = data.isEmpty() || data.getLast().end() < realSize;
    StringBuilder text = new StringBuilder();
    text.append(data.size() + (endsInHole ? 1 : 0)).append('\n');
    for (ContentSource.Extent extent : data) {
      text.append(extent.offset()).append('\n').append(extent.length()).append('\n');
    }
    if (endsInHole) {
      text.append(realSize).append("\n0\n");
    }
    byte[] bytes = text.toString().getBytes(ISO_8859_1);
    return Arrays.copyOf(
        bytes, (bytes.length + TarHeader.BLOCK - 1) / TarHeader.BLOCK * TarHeader.BLOCK);
  }

  void describe(PaxRecords pax, BytePath path, long realSize) {
    pax.put("GNU.sparse.major", "1");
    pax.put("GNU.sparse.minor", "0");
    pax.put("GNU.sparse.name", path.latin1());
    pax.put("GNU.sparse.realsize", Long.toString(realSize));
  }
}
