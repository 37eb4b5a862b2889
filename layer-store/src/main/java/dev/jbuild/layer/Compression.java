package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;

/**
 * How a layer's tar is compressed into its blob. The bytes that come out depend on the kind, the
 * level and the input only, not on the machine's cores.
 */
public sealed interface Compression {

  record Uncompressed() implements Compression {}

  /**
   * One gzip member, made in parallel blocks.
   *
   * @param level 0 (stored) to 9
   */
  record Gzip(int level) implements Compression {
    public Gzip {
      requireLevel("gzip", level, 0, 9);
    }
  }

  /**
   * zstd frames of equal length, made in parallel.
   *
   * @param level 1 to 22
   */
  record Zstd(int level) implements Compression {
    public Zstd {
      requireLevel("zstd", level, 1, 22);
    }
  }

  /**
   * gzip cut at the files, with a table of contents at the end (stargz-snapshotter,
   * docs/estargz.md): readable as gzip, and file by file. The table is an entry of the tar, so the
   * diffID differs from that of the other kinds.
   *
   * @param level 0 (stored) to 9
   */
  record Estargz(int level) implements Compression {
    public Estargz {
      requireLevel("estargz", level, 0, 9);
    }
  }

  /**
   * The level of gzip and estargz when none is asked for: the best that the fast encoder has, about
   * as small as what Go's builders make by default.
   */
  int GZIP_LEVEL = 4;

  static Compression uncompressed() {
    return new Uncompressed();
  }

  /** Gzip at {@link #GZIP_LEVEL}. */
  static Compression gzip() {
    return new Gzip(GZIP_LEVEL);
  }

  /** Zstd at level 3. */
  static Compression zstd() {
    return new Zstd(3);
  }

  /** Estargz at {@link #GZIP_LEVEL}. */
  static Compression estargz() {
    return new Estargz(GZIP_LEVEL);
  }

  private static void requireLevel(String kind, int level, int min, int max) {
    if (level < min || level > max) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          kind + " level " + level + " is not between " + min + " and " + max);
    }
  }
}
