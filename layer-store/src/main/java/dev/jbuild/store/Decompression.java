package dev.jbuild.store;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.MediaType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Reads layers and archives whatever they are compressed with, told by their first bytes. */
public final class Decompression {
  /** How many first bytes tell the compression. */
  public static final int MAGIC_BYTES = 6;

  private static final int BUFFER = 1 << 16;

  private Decompression() {}

  /**
   * The content of a stream that may be compressed with gzip (any number of members) or zstd (any
   * number of frames). Closing the result closes {@code in}.
   *
   * @throws BuildFailure of kind {@code UNSUPPORTED} for bzip2 and xz
   */
  public static InputStream open(InputStream in) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
    buffered.mark(MAGIC_BYTES);
    byte[] magic = buffered.readNBytes(MAGIC_BYTES);
    buffered.reset();
    if (isGzip(magic)) {
      return new GZIPInputStream(buffered, BUFFER);
    }
    if (isZstd(magic)) {
      return new ZstdInputStreamNoFinalizer(buffered);
    }
    if (starts(magic, 0xfd, '7', 'z', 'X', 'Z') || starts(magic, 'B', 'Z', 'h')) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "the stream is compressed with " + (magic[0] == 'B' ? "bzip2" : "xz"),
          "decompress it first, or use gzip or zstd",
          null);
    }
    return buffered;
  }

  /** The media type of a layer that begins with these bytes. */
  public static MediaType layerType(byte[] magic) {
    return isGzip(magic)
        ? MediaType.OCI_LAYER_GZIP
        : isZstd(magic) ? MediaType.OCI_LAYER_ZSTD : MediaType.OCI_LAYER;
  }

  private static boolean isGzip(byte[] magic) {
    return starts(magic, 0x1f, 0x8b);
  }

  private static boolean isZstd(byte[] magic) {
    return starts(magic, 0x28, 0xb5, 0x2f, 0xfd);
  }

  private static boolean starts(byte[] bytes, int... magic) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((bytes[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
