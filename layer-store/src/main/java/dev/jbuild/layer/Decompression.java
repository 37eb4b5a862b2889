package dev.jbuild.layer;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.Locale;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * How bytes are compressed, told by how they begin.
 *
 * <p>Names and media types lie; what a layer, an ADDed archive or a saved image is, its first bytes
 * say. Decompression holds a bounded amount of memory whatever the stream asks for, and treats
 * several members or frames in a row as one stream, as gzip, bzip2, xz and zstd themselves do.
 */
public enum Decompression {
  NONE(""),
  GZIP("1f8b"),
  BZIP2("425a68"),
  XZ("fd377a585a00"),
  ZSTD("28b52ffd");

  /** Bytes at the start that {@link #of} needs. */
  public static final int PREFIX = 10;

  /** Largest zstd window accepted: 2^27 bytes, what the format asks every decoder to offer. */
  private static final int ZSTD_WINDOW_LOG = 27;

  private static final int BUFFER = 128 * 1024;

  private final String magic;

  Decompression(String hex) {
    this.magic = hex;
  }

  /** The kind of a stream that starts with these bytes. */
  public static Decompression of(byte[] prefix) {
    String start = HexFormat.of().formatHex(prefix, 0, Math.min(prefix.length, PREFIX));
    for (Decompression kind : values()) {
      if (kind != NONE && start.startsWith(kind.magic)) {
        return kind;
      }
    }
    // A frame that decoders skip may come first: 0x184D2A50 to 0x184D2A5F, little endian.
    boolean skippable =
        prefix.length >= 4
            && (prefix[0] & 0xf0) == 0x50
            && prefix[1] == 0x2a
            && prefix[2] == 0x4d
            && prefix[3] == 0x18;
    return skippable ? ZSTD : NONE;
  }

  /**
   * The stream decompressed if it is compressed, else as it is. Closing the result closes {@code
   * in}.
   */
  public static InputStream detect(InputStream in) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
    buffered.mark(PREFIX);
    byte[] prefix = buffered.readNBytes(PREFIX);
    buffered.reset();
    return of(prefix).open(buffered);
  }

  /**
   * A stream of this kind decompressed. Closing the result closes {@code in}. Damage is a {@link
   * dev.jbuild.failure.BuildFailure} of kind {@code CORRUPT}; exceptions of {@code in} come
   * through.
   */
  public InputStream open(InputStream in) throws IOException {
    return this == NONE ? in : new DamageStream(name().toLowerCase(Locale.ROOT), in, this::decoder);
  }

  private InputStream decoder(InputStream in) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP ->
          GzipCompressorInputStream.builder()
              .setInputStream(in)
              .setDecompressConcatenated(true)
              .setBufferSize(BUFFER)
              .get();
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
      case XZ -> Xz.open(in);
      case ZSTD -> new ZstdStream(in, ZSTD_WINDOW_LOG);
    };
  }

  /**
   * Apart, because nearly no run meets xz: its library is a sealed jar, whose classes an AOT cache
   * must not hold.
   */
  private static final class Xz {
    private static final int MEMORY_KIB = 128 * 1024;

    static InputStream open(InputStream in) throws IOException {
      return XZCompressorInputStream.builder()
          .setInputStream(in)
          .setDecompressConcatenated(true)
          .setMemoryLimitKiB(MEMORY_KIB)
          .get();
    }
  }
}
