package dev.jbuild.layer;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** No compression: the tar is the blob. */
final class PlainEncoder implements BlockEncoder {
  private final OutputStream out;
  private final byte[] copy = new byte[BLOCK];

  PlainEncoder(OutputStream out) {
    this.out = out;
  }

  @Override
  public void block(ByteBuffer data) throws IOException {
    int length = data.remaining();
    data.get(copy, 0, length);
    out.write(copy, 0, length);
  }

  @Override
  public void finish(ByteBuffer data) throws IOException {
    block(data);
  }

  @Override
  public void close() {}
}
