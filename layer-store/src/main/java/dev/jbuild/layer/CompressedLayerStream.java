package dev.jbuild.layer;

import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Objects;

/**
 * Takes a layer's tar and writes its blob in one pass: hashes the tar, compresses it, hashes and
 * counts the blob. Compression runs on other threads while the caller produces more.
 *
 * <p>Memory does not grow with the layer. Used by one thread at a time. Close it in any case; a
 * close without {@link #finish} gives the work up and leaves the sink as it is. The sink is not
 * closed.
 */
public final class CompressedLayerStream extends OutputStream {
  private final Digest.Hasher tarHash = Digest.hasher();
  private final HashingSink blob;
  private final BlockEncoder encoder;
  private byte[] block = new byte[BlockEncoder.BLOCK];
  private int filled;
  private long tarSize;
  private boolean finished;

  private CompressedLayerStream(HashingSink blob, BlockEncoder encoder) {
    this.blob = blob;
    this.encoder = encoder;
  }

  /** A stream that writes its blob to {@code sink} with all cores. */
  public static CompressedLayerStream open(OutputStream sink, Compression compression)
      throws IOException {
    return open(sink, compression, CompressionThreads.CORES);
  }

  static CompressedLayerStream open(OutputStream sink, Compression compression, int parallelism)
      throws IOException {
    HashingSink blob = new HashingSink(sink);
    BlockEncoder encoder =
        switch (compression) {
          case Compression.Uncompressed _ -> new PlainEncoder(blob);
          case Compression.Gzip gzip ->
              new GzipEncoder(blob, gzip.level(), CompressionThreads.pool(), parallelism);
          case Compression.Zstd zstd -> new ZstdEncoder(blob, zstd.level(), parallelism);
          case Compression.Estargz estargz ->
              new EstargzEncoder(blob, estargz.level(), CompressionThreads.pool(), parallelism);
        };
    return new CompressedLayerStream(blob, encoder);
  }

  @Override
  public void write(int b) throws IOException {
    if (filled == block.length) {
      flushBlock();
    }
    block[filled++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int done = 0;
    while (done < length) {
      if (filled == block.length) {
        flushBlock();
      }
      int n = Math.min(length - done, block.length - filled);
      System.arraycopy(bytes, offset + done, block, filled, n);
      filled += n;
      done += n;
    }
  }

  private void flushBlock() throws IOException {
    tarHash.update(block, 0, filled);
    tarSize += filled;
    filled = 0;
    block = encoder.block(block);
  }

  /** Bytes of the tar so far. */
  public long tarSize() {
    return tarSize + filled;
  }

  /** Ends the blob and says what it is. Call once, after the last write. */
  public CompressedLayer finish() throws IOException {
    if (finished) {
      throw new IllegalStateException("the layer is finished already");
    }
    finished = true;
    tarHash.update(block, 0, filled);
    tarSize += filled;
    encoder.finish(block, filled);
    blob.flush();
    DiffId source = new DiffId(tarHash.digest());
    return encoder instanceof EstargzEncoder estargz
        ? estargz.result(source, blob)
        : new CompressedLayer(source, source, tarSize, blob.digest(), blob.size(), Map.of());
  }

  @Override
  public void close() {
    encoder.close();
  }
}
