package dev.jbuild.layer;

import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;

/** Counts what it passes on, and hashes it unless somebody else does. Closing it closes nothing. */
final class HashingSink extends OutputStream {
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
