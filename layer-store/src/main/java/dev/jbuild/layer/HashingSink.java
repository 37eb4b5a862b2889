package dev.jbuild.layer;

import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Counts what it passes on, and hashes it unless somebody else does. Native memory is passed on as
 * it is to a sink that is a channel, too. Closing it closes nothing.
 */
final class HashingSink extends OutputStream {
  private static final int COPY = 256 * 1024;

  private final OutputStream out;
  private final Digest.Hasher hash = Digest.hasher();
  private final boolean hashing;
  private long size;

  HashingSink(OutputStream out, boolean hashing) {
    this.out = out;
    this.hashing = hashing;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (hashing) {
      hash.update(bytes, offset, length);
    }
    size += length;
    out.write(bytes, offset, length);
  }

  /** Passes on the remaining bytes of a direct buffer, whose position ends at its limit. */
  void write(ByteBuffer direct) throws IOException {
    if (out instanceof WritableByteChannel channel) {
      size += direct.remaining();
      if (hashing) {
        hash.update(direct.duplicate());
      }
      while (direct.hasRemaining()) {
        channel.write(direct);
      }
      return;
    }
    byte[] copy = new byte[Math.min(direct.remaining(), COPY)];
    while (direct.hasRemaining()) {
      int n = Math.min(copy.length, direct.remaining());
      direct.get(copy, 0, n);
      write(copy, 0, n);
    }
  }

  @Override
  public void flush() throws IOException {
    out.flush();
  }

  long size() {
    return size;
  }

  /** The digest of what was passed on; only of a sink that hashes. */
  Digest digest() {
    if (!hashing) {
      throw new IllegalStateException("this sink does not hash");
    }
    return hash.digest();
  }
}
