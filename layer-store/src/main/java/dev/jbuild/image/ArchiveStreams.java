package dev.jbuild.image;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.MediaType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Tells compressed streams by their first bytes. */
final class ArchiveStreams {
  static final int MAGIC_BYTES = 6;

  private ArchiveStreams() {}

  /** The content of a stream that may be compressed with gzip or zstd. */
  static InputStream decompressed(BufferedInputStream in) throws IOException {
    in.mark(MAGIC_BYTES);
    byte[] magic = in.readNBytes(MAGIC_BYTES);
    in.reset();
    if (starts(magic, 0x1f, 0x8b)) {
      return new GZIPInputStream(in, 1 << 16);
    }
    if (starts(magic, 0x28, 0xb5, 0x2f, 0xfd)) {
      return new ZstdInputStreamNoFinalizer(in);
    }
    if (starts(magic, 0xfd, '7', 'z', 'X', 'Z') || starts(magic, 'B', 'Z', 'h')) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "the archive is compressed with " + (magic[0] == 'B' ? "bzip2" : "xz"),
          "decompress it first, or use gzip or zstd",
          null);
    }
    return in;
  }

  /** The media type of a layer that begins with these bytes. */
  static MediaType layerType(byte[] magic) {
    return starts(magic, 0x1f, 0x8b)
        ? MediaType.OCI_LAYER_GZIP
        : starts(magic, 0x28, 0xb5, 0x2f, 0xfd) ? MediaType.OCI_LAYER_ZSTD : MediaType.OCI_LAYER;
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
