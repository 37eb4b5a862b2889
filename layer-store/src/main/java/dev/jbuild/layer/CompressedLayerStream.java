package dev.jbuild.layer;

import dev.jbuild.linux.FileFd;
import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
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
  private final HashingSink blob;
  private final BlockEncoder encoder;
  private final TarBlocks blocks;
  private final OrderedHash tarHash;
  private TarBlocks.Block current;
  private ByteBuffer block;
  private long tarSize;
  private boolean finished;
  private boolean closed;

  private CompressedLayerStream(HashingSink blob, BlockEncoder encoder) throws IOException {
    this.blob = blob;
    this.encoder = encoder;
    blocks = new TarBlocks(encoder.blockSize(), encoder.blocks());
    tarHash = new OrderedHash(encoder.blocks());
    current = blocks.take();
    block = current.bytes;
  }

  /** A stream that writes its blob to {@code sink} with all cores. */
  public static CompressedLayerStream open(OutputStream sink, Compression compression)
      throws IOException {
    return open(sink, compression, CompressionThreads.CORES);
  }

  static CompressedLayerStream open(OutputStream sink, Compression compression, int parallelism)
      throws IOException {
    // Without compression the blob is the tar, which is hashed already.
    HashingSink blob = new HashingSink(sink, !(compression instanceof Compression.Uncompressed));
    BlockEncoder encoder =
        switch (compression) {
          case Compression.Uncompressed _ -> new PlainEncoder(blob);
          case Compression.Gzip gzip ->
              new GzipEncoder(blob, gzip.level(), CompressionThreads.pool(), parallelism);
          case Compression.Zstd zstd ->
              new ZstdEncoder(blob, zstd.level(), CompressionThreads.pool(), parallelism);
          case Compression.Estargz estargz ->
              new EstargzEncoder(blob, estargz.level(), CompressionThreads.pool(), parallelism);
        };
    return new CompressedLayerStream(blob, encoder);
  }

  @Override
  public void write(int b) throws IOException {
    if (!block.hasRemaining()) {
      flushBlock();
    }
    block.put((byte) b);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int done = 0;
    while (done < length) {
      if (!block.hasRemaining()) {
        flushBlock();
      }
      int n = Math.min(length - done, block.remaining());
      block.put(bytes, offset + done, n);
      done += n;
    }
  }

  /** Takes bytes from a file's position on, without copying; how many of them the file lacks. */
  public long transferFrom(FileFd file, long length) throws IOException {
    long left = length;
    while (left > 0) {
      if (!block.hasRemaining()) {
        flushBlock();
      }
      int whole = block.limit();
      block.limit((int) Math.min(whole, block.position() + left));
      int n = file.read(block);
      block.limit(whole);
      if (n < 0) {
        return left;
      }
      left -= n;
    }
    return 0;
  }

  private void flushBlock() throws IOException {
    tarSize += block.flip().remaining();
    TarBlocks.Block full = current.sharedBy(2);
    ByteBuffer encoded = block.duplicate();
    tarHash.update(block, full::release);
    encoder.block(encoded, full::release);
    current = blocks.take();
    block = current.bytes;
  }

  /** Bytes of the tar so far. */
  public long tarSize() {
    return tarSize + block.position();
  }

  /** Ends the blob and says what it is. Call once, after the last write. */
  public CompressedLayer finish() throws IOException {
    if (finished) {
      throw new IllegalStateException("the layer is finished already");
    }
    finished = true;
    tarSize += block.flip().remaining();
    encoder.finish(block.duplicate());
    blob.flush();
    DiffId source = new DiffId(tarHash.digest(block));
    return switch (encoder) {
      case EstargzEncoder estargz -> estargz.result(source, blob);
      case PlainEncoder _ ->
          new CompressedLayer(source, source, tarSize, source.digest(), blob.size(), Map.of());
      default -> new CompressedLayer(source, source, tarSize, blob.digest(), blob.size(), Map.of());
    };
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    tarHash.close();
    encoder.close();
    blocks.close();
  }
}
