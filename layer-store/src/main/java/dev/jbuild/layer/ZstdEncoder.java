package dev.jbuild.layer;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;

/**
 * zstd (RFC 8878) as one frame with a checksum.
 *
 * <p>The multi-threaded compressor cuts its input into jobs of a size that follows from the level,
 * so its output is the same for any number of workers, but not the same as without workers; so at
 * least one worker is always asked for.
 */
final class ZstdEncoder implements BlockEncoder {
  private final ZstdOutputStreamNoFinalizer zstd;

  ZstdEncoder(OutputStream out, int level, int parallelism) throws IOException {
    zstd = new ZstdOutputStreamNoFinalizer(out, level);
    zstd.setWorkers(Math.max(1, parallelism));
    zstd.setChecksum(true);
  }

  @Override
  public byte[] block(byte[] data) throws IOException {
    zstd.write(data, 0, BLOCK);
    return data;
  }

  @Override
  public void finish(byte[] data, int length) throws IOException {
    zstd.write(data, 0, length);
    zstd.closeWithoutClosingParentStream();
  }

  @Override
  public void close() {
    try {
      zstd.closeWithoutClosingParentStream();
    } catch (IOException e) {
      // Only after a failure that was reported already, or after finish, when it does nothing.
    }
  }
}
