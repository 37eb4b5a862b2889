package dev.jbuild.layer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** No compression: the tar is the blob. */
final class PlainEncoder implements BlockEncoder {
  private final HashingSink out;

  PlainEncoder(HashingSink out) {
    this.out = out;
  }

  @Override
  public void block(ByteBuffer data, Runnable done) throws IOException {
    out.write(data);
    done.run();
  }

  @Override
  public void finish(ByteBuffer data) throws IOException {
    out.write(data);
  }

  @Override
  public void close() {}
}
