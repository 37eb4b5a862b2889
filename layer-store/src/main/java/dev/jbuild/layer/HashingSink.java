package dev.jbuild.layer;

import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;

/** Hashes and counts what it passes on. Closing it closes nothing. */
final class HashingSink extends OutputStream {
  private final OutputStream out;
  private final Digest.Hasher hash = Digest.hasher();
  private long size;

  HashingSink(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    hash.update(bytes, offset, length);
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

  Digest digest() {
    return hash.digest();
  }
}
