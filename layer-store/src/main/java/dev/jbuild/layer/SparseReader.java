package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Maps of sparse files as tars hold them, checked before anyone seeks by them. */
final class SparseReader {
  static final int MAX_EXTENTS = 1_000_000;

  private final String name;
  private final long stored;

  /** A file's map and its size with holes. */
  record Sparse(Optional<SparseMap> map, long realSize) {}

  SparseReader(String name, long stored) {
    this.name = name;
    this.stored = stored;
  }

  /** GNU 1.0: decimal lines in front of the data, padded to a block. */
  Sparse readMap(TarReader tar, long realSize) throws IOException {
    Lines lines = new Lines(tar);
    long count = lines.number();
    if (count > MAX_EXTENTS) {
      throw invalid("has " + count + " parts");
    }
    List<ContentSource.Extent> extents = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      add(extents, lines.number(), lines.number(), name);
    }
    return check(extents, realSize, stored - lines.used);
  }

  private final class Lines {
    final TarReader tar;
    byte[] block = new byte[0];
    int at;
    long used;

    Lines(TarReader tar) {
      this.tar = tar;
    }

    long number() throws IOException {
      long value = 0;
      int digits = 0;
      while (true) {
        if (at == block.length) {
          block = tar.readMapBlock();
          used += block.length;
          at = 0;
        }
        byte b = block[at++];
        if (b == '\n' && digits > 0) {
          return value;
        }
        if (b < '0' || b > '9' || ++digits > 18) {
          throw invalid("has a map that is not decimal");
        }
        value = value * 10 + (b - '0');
      }
    }
  }

  /** GNU 0.0 and 0.1: in the PAX header. */
  Sparse fromRecords(PaxHeader pax, long realSize) {
    List<Long> numbers = new ArrayList<>(pax.sparseParts());
    if (pax.text("GNU.sparse.map").isPresent()) {
      numbers.clear();
      for (String number : pax.text("GNU.sparse.map").get().split(",", -1)) {
        numbers.add(PaxHeader.decimal("GNU.sparse.map", number));
      }
    }
    if (numbers.size() % 2 != 0 || numbers.size() > 2 * MAX_EXTENTS) {
      throw invalid("has a map of " + numbers.size() + " numbers");
    }
    List<ContentSource.Extent> extents = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i += 2) {
      add(extents, numbers.get(i), numbers.get(i + 1), name);
    }
    return check(extents, realSize, stored);
  }

  /** Old GNU: from the header blocks. */
  Sparse checked(List<ContentSource.Extent> extents, long realSize) {
    return check(extents, realSize, stored);
  }

  /** Adds a part; an empty one only says where the file ends. */
  static void add(List<ContentSource.Extent> extents, long offset, long length, String name) {
    if (length == 0 && offset >= 0) {
      return;
    }
    if (offset < 0 || length < 0 || offset > Long.MAX_VALUE - length) {
      throw TarReader.corrupt(
          "sparse file \""
              + BytePath.printable(name)
              + "\" has a part of "
              + length
              + " bytes at "
              + offset);
    }
    extents.add(new ContentSource.Extent(offset, length));
  }

  private Sparse check(List<ContentSource.Extent> extents, long realSize, long data) {
    long end = 0;
    long sum = 0;
    for (ContentSource.Extent extent : extents) {
      if (extent.offset() < end) {
        throw invalid("has overlapping parts at " + extent.offset());
      }
      end = extent.end();
      sum += extent.length();
    }
    if (end > realSize) {
      throw invalid("has data up to " + end + " but " + realSize + " bytes");
    }
    if (sum != data) {
      throw invalid("has parts of " + sum + " bytes but " + data + " bytes of data");
    }
    return new Sparse(Optional.of(new SparseMap(extents)), realSize);
  }

  private dev.jbuild.failure.BuildFailure invalid(String what) {
    return TarReader.corrupt("sparse file \"" + BytePath.printable(name) + "\" " + what);
  }
}
