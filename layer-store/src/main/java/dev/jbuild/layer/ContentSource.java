package dev.jbuild.layer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * Where the bytes of a regular file come from. May be opened any number of times, by several
 * threads at once, and gives the same bytes each time.
 */
public interface ContentSource {

  /** The bytes from the start. Skipping is cheap where the source can seek. */
  InputStream open() throws IOException;

  /**
   * The parts that may hold something other than zeros, in order and apart from each other. A
   * source that knows of no holes names the whole.
   *
   * @param size of the file
   */
  default List<Extent> extents(long size) throws IOException {
    return size == 0 ? List.of() : List.of(new Extent(0, size));
  }

  /** What other names of the same inode have in common; empty if this is its only name. */
  default Optional<LinkKey> link() {
    return Optional.empty();
  }

  /** Bytes in memory; the array is not copied and must not change. */
  static ContentSource of(byte[] bytes) {
    return () -> new ByteArrayInputStream(bytes);
  }

  /** A run of bytes of a file. */
  record Extent(long offset, long length) {
    public Extent {
      if (offset < 0 || length <= 0 || offset > Long.MAX_VALUE - length) {
        throw new IllegalArgumentException("extent " + offset + "+" + length + " is out of range");
      }
    }

    public long end() {
      return offset + length;
    }
  }

  /** An inode that has more than one name. */
  record LinkKey(long device, long inode) {}
}
