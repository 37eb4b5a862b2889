package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a tar entry by entry, keeping every byte of names and extended attributes.
 *
 * <p>Understands what image builders write and what {@code ADD} meets: v7, ustar, PAX (global
 * headers too), GNU long names and base-256 numbers, holes in all four GNU forms. Commons Compress,
 * which reads all of this too, decodes PAX values as UTF-8 and thereby breaks binary ones such as
 * {@code security.capability}.
 *
 * <p>The first block of zeros, or the end of the stream between entries, ends the archive. Anything
 * malformed is a {@link BuildFailure} of kind {@code CORRUPT}. Not thread-safe.
 */
final class TarReader {
  private static final int BLOCK = TarHeader.BLOCK;
  private static final long MAX_ID = 0xffff_fffeL;

  private final InputStream in;
  private final ExtractLimits limits;
  private final byte[] block = new byte[BLOCK];
  private final TarHeaderBlock header = new TarHeaderBlock(block);
  private final PaxHeader global = new PaxHeader();
  private long position;
  private long contentLeft;
  private long padding;
  private long entries;
  private long headerBytes;
  private String current = "";

  TarReader(InputStream in, ExtractLimits limits) {
    this.in = in;
    this.limits = limits;
  }

  /** Whether these bytes start with a header whose checksum is right. */
  static boolean isHeader(byte[] prefix) {
    if (prefix.length < BLOCK) {
      return false;
    }
    TarReader reader =
        new TarReader(new java.io.ByteArrayInputStream(prefix, 0, BLOCK), ExtractLimits.DEFAULT);
    try {
      return reader.readHeader();
    } catch (BuildFailure | IOException e) {
      return false;
    }
  }

  /** The next entry; what is left of the one before is skipped. */
  Optional<TarEntry> next() throws IOException {
    skipContent();
    PaxHeader local = new PaxHeader();
    String longName = "";
    String longLink = "";
    while (readHeader()) {
      char type = (char) (block[156] & 0xff);
      switch (type) {
        case 'x', 'X' -> {
          local = new PaxHeader();
          local.parse(readExtension("PAX header"));
        }
        case 'g' -> {
          global.parse(readExtension("global PAX header"));
          if (global.size() > limits.headerBytes()) {
            throw tooLong("the content of global PAX headers", global.size(), limits.headerBytes());
          }
        }
        case 'L' -> longName = TarHeaderBlock.cString(readExtension("long name"));
        case 'K' -> longLink = TarHeaderBlock.cString(readExtension("long link"));
        case 'V' -> skip(padded(sizeField()));
        default -> {
          TarEntry entry = entry(type, local, longName, longLink);
          entries += 1 + entry.sparse().map(map -> map.data().size()).orElse(0);
          if (entries > limits.entries()) {
            throw new BuildFailure(
                BuildFailure.Kind.UNSUPPORTED,
                "tar has more than the limit of " + limits.entries() + " entries");
          }
          return Optional.of(entry);
        }
      }
    }
    return Optional.empty();
  }

  /** Reads stored bytes of the current entry; -1 after the last. */
  int read(byte[] buffer, int offset, int length) throws IOException {
    if (contentLeft == 0) {
      return -1;
    }
    int n = in.read(buffer, offset, (int) Math.min(length, contentLeft));
    if (n < 0) {
      throw truncated();
    }
    contentLeft -= n;
    count(n);
    return n;
  }

  /** Bytes of the tar so far. */
  long position() {
    return position;
  }

  /** Passes what is left of the current entry. */
  void skipRest() throws IOException {
    skipContent();
  }

  /** Reads whatever follows the archive, so that a digest of the stream covers all of it. */
  void drain() throws IOException {
    skipContent();
    byte[] rest = new byte[64 * 1024];
    for (int n = in.read(rest); n >= 0; n = in.read(rest)) {
      count(n);
    }
  }

  private void skipContent() throws IOException {
    skip(contentLeft + padding);
    contentLeft = 0;
    padding = 0;
  }

  private void skip(long bytes) throws IOException {
    byte[] buffer = new byte[(int) Math.min(bytes, 64 * 1024)];
    long left = bytes;
    while (left > 0) {
      int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (n < 0) {
        throw truncated();
      }
      left -= n;
      count(n);
    }
  }

  private void count(long bytes) {
    position += bytes;
    if (position > limits.tarBytes()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "tar is longer than the limit of " + limits.tarBytes() + " bytes");
    }
  }

  /** Whether there is another header in the block. */
  private boolean readHeader() throws IOException {
    int n = in.readNBytes(block, 0, BLOCK);
    if (n == 0) {
      return false;
    }
    count(n);
    if (n < BLOCK) {
      throw truncated();
    }
    return header.isHeader(position - BLOCK);
  }

  private byte[] readExtension(String what) throws IOException {
    long size = sizeField();
    if (size > limits.headerBytes()) {
      throw tooLong(what, size, limits.headerBytes());
    }
    headerBytes += size;
    if (headerBytes > limits.headersBytes()) {
      throw tooLong("the content of all extended headers", headerBytes, limits.headersBytes());
    }
    byte[] bytes = in.readNBytes((int) size);
    count(bytes.length);
    if (bytes.length < size) {
      throw truncated();
    }
    skip(padded(size) - size);
    return bytes;
  }

  private static BuildFailure tooLong(String what, long size, long limit) {
    return new BuildFailure(
        BuildFailure.Kind.UNSUPPORTED,
        what + " of " + size + " bytes is longer than the limit of " + limit);
  }

  private TarEntry entry(char flag, PaxHeader local, String longName, String longLink)
      throws IOException {
    PaxHeader pax = global.with(local);
    String name =
        pax.text("GNU.sparse.name")
            .or(() -> pax.text("path"))
            .orElseGet(() -> longName.isEmpty() ? header.name() : longName);
    current = name;
    header.belongsTo(name);
    String link =
        pax.text("linkpath").orElseGet(() -> longLink.isEmpty() ? header.text(157, 100) : longLink);
    limitPath(name);
    limitPath(link);
    char type = normalType(flag, name);
    boolean hasContent = type == '0';
    long stored = hasContent || flag == 'D' ? pax.number("size").orElseGet(this::sizeField) : 0;
    if (stored < 0) {
      throw corrupt("entry \"" + BytePath.printable(name) + "\" has negative size " + stored);
    }
    contentLeft = stored;
    padding = padded(stored) - stored;
    SparseReader.Sparse sparse =
        hasContent ? sparse(flag, pax, stored) : new SparseReader.Sparse(Optional.empty(), 0);
    if (hasContent && sparse.realSize() > limits.fileBytes()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "file \""
              + BytePath.printable(name)
              + "\" of "
              + sparse.realSize()
              + " bytes is larger than the limit of "
              + limits.fileBytes());
    }
    TarEntry entry =
        new TarEntry(
            name,
            type,
            (int) (header.number(100, 8, "mode") & 07777),
            id(pax.number("uid").orElseGet(() -> header.number(108, 8, "uid")), "uid"),
            id(pax.number("gid").orElseGet(() -> header.number(116, 8, "gid")), "gid"),
            pax.time("mtime").orElseGet(() -> PaxHeader.seconds(header.number(136, 12, "mtime"))),
            link,
            type == '3' || type == '4' ? device(329) : 0,
            type == '3' || type == '4' ? device(337) : 0,
            pax.xattrs(),
            sparse.realSize(),
            contentLeft,
            position,
            sparse.map());
    if (flag == 'D') {
      skipContent();
    }
    return entry;
  }

  private SparseReader.Sparse sparse(char flag, PaxHeader pax, long stored) throws IOException {
    SparseReader reader = new SparseReader(current, stored);
    if (flag == 'S') {
      List<ContentSource.Extent> extents = new ArrayList<>();
      boolean more = oldSparse(386, 4, extents) && block[482] != 0;
      long realSize = header.number(483, 12, "real size");
      byte[] first = block.clone();
      while (more) {
        readBlock();
        more = oldSparse(0, 21, extents) && block[504] != 0;
        if (extents.size() > SparseReader.MAX_EXTENTS) {
          throw corrupt("sparse file \"" + BytePath.printable(current) + "\" has too many parts");
        }
      }
      System.arraycopy(first, 0, block, 0, BLOCK);
      return reader.checked(extents, realSize);
    }
    if (pax.text("GNU.sparse.major").orElse("").equals("1")) {
      long realSize =
          pax.number("GNU.sparse.realsize")
              .orElseThrow(() -> corrupt("sparse file has no real size"));
      return reader.readMap(this, realSize);
    }
    if (pax.text("GNU.sparse.map").isPresent() || !pax.sparseParts().isEmpty()) {
      long realSize =
          pax.number("GNU.sparse.size")
              .or(() -> pax.number("GNU.sparse.realsize"))
              .orElseThrow(() -> corrupt("sparse file has no real size"));
      return reader.fromRecords(pax, realSize);
    }
    return new SparseReader.Sparse(Optional.empty(), stored);
  }

  private void readBlock() throws IOException {
    if (in.readNBytes(block, 0, BLOCK) < BLOCK) {
      throw truncated();
    }
    count(BLOCK);
  }

  /** Parts of an old GNU sparse header; false when the list ends before the header does. */
  private boolean oldSparse(int offset, int count, List<ContentSource.Extent> extents) {
    for (int i = 0; i < count; i++) {
      int at = offset + 24 * i;
      if (block[at] == 0) {
        return false;
      }
      SparseReader.add(
          extents,
          header.number(at, 12, "sparse offset"),
          header.number(at + 12, 12, "sparse size"),
          current);
    }
    return true;
  }

  private char normalType(char flag, String name) {
    return switch (flag) {
      // Before ustar a directory was a file whose name ends in a slash.
      case '0', '\0', '7', 'S' -> name.endsWith("/") ? '5' : '0';
      case '1', '2', '3', '4', '5', '6' -> flag;
      case 'D' -> '5';
      default ->
          throw corrupt(
              "entry \""
                  + BytePath.printable(name)
                  + "\" has unknown type '"
                  + BytePath.printable(String.valueOf(flag))
                  + "'");
    };
  }

  private void limitPath(String path) {
    if (path.length() > limits.pathBytes()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "path of "
              + path.length()
              + " bytes, \""
              + BytePath.printable(path.substring(0, 60))
              + "…\", is longer than the limit of "
              + limits.pathBytes());
    }
  }

  private long sizeField() {
    long size = header.number(124, 12, "size");
    if (size < 0) {
      throw corrupt(
          "entry \"" + BytePath.printable(header.name()) + "\" has negative size " + size);
    }
    return size;
  }

  private int device(int offset) {
    long number = header.number(offset, 8, "device number");
    if (number < 0 || number > 0xfffff) {
      throw corrupt(
          "device \"" + BytePath.printable(current) + "\" has number " + number + " out of range");
    }
    return (int) number;
  }

  private long id(long value, String what) {
    if (value < 0 || value > MAX_ID) {
      throw corrupt(
          "entry \""
              + BytePath.printable(current)
              + "\" has "
              + what
              + " "
              + value
              + " out of range");
    }
    return value;
  }

  private static long padded(long size) {
    if (size > Long.MAX_VALUE - BLOCK) {
      throw corrupt("entry size " + size + " is out of range");
    }
    return (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  private BuildFailure truncated() {
    return corrupt(
        "tar ends in the middle of "
            + (current.isEmpty() ? "a header" : "\"" + BytePath.printable(current) + "\"")
            + ", after "
            + position
            + " bytes");
  }

  static BuildFailure corrupt(String message) {
    return new BuildFailure(BuildFailure.Kind.CORRUPT, message);
  }

  /** Whole blocks of the current entry's content, for a sparse map in front of it. */
  byte[] readMapBlock() throws IOException {
    if (contentLeft < BLOCK) {
      throw corrupt("sparse file \"" + BytePath.printable(current) + "\" ends in its map");
    }
    byte[] bytes = new byte[BLOCK];
    int done = 0;
    while (done < BLOCK) {
      int n = read(bytes, done, BLOCK - done);
      done += n;
    }
    return bytes;
  }
}
