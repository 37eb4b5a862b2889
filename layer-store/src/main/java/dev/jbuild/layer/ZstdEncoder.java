package dev.jbuild.layer;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * zstd (RFC 8878) as one frame with a checksum.
 *
 * <p>The multi-threaded compressor cuts its input into jobs of a size that follows from the level,
 * so its output is the same for any number of workers, but not the same as without workers; so at
 * least one worker is always asked for.
 */
final class ZstdEncoder implements BlockEncoder {
  private static final int OUTPUT = 512 * 1024;

  private final OutputStream out;
  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private final ByteBuffer compressed = ByteBuffer.allocateDirect(OUTPUT);
  private final byte[] copy = new byte[OUTPUT];

  ZstdEncoder(OutputStream out, int level, int parallelism) {
    this.out = out;
    zstd.setLevel(level);
    zstd.setWorkers(Math.max(1, parallelism));
    zstd.setChecksum(true);
  }

  @Override
  public void block(ByteBuffer data) throws IOException {
    while (data.hasRemaining()) {
      zstd.compressDirectByteBufferStream(compressed, data, EndDirective.CONTINUE);
      emit();
    }
  }

  @Override
  public void finish(ByteBuffer data) throws IOException {
    boolean ended = false;
    while (!ended) {
      ended = zstd.compressDirectByteBufferStream(compressed, data, EndDirective.END);
      emit();
    }
  }

  private void emit() throws IOException {
    compressed.flip();
    int length = compressed.remaining();
    compressed.get(copy, 0, length);
    compressed.clear();
    out.write(copy, 0, length);
  }

  @Override
  public void close() {
    zstd.close();
  }
}
