package dev.jbuild.layer;

import java.io.IOException;
import java.io.OutputStream;

/** No compression: the tar is the blob. */
record PlainEncoder(OutputStream out) implements BlockEncoder {
  @Override
  public byte[] block(byte[] data) throws IOException {
    out.write(data, 0, BLOCK);
    return data;
  }

  @Override
  public void finish(byte[] data, int length) throws IOException {
    out.write(data, 0, length);
  }

  @Override
  public void close() {}
}
