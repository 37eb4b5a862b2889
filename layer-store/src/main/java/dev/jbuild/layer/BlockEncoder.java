package dev.jbuild.layer;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Compresses a stream that arrives in blocks of {@link #BLOCK} bytes, the last one shorter and
 * maybe empty. So the output cannot depend on how a writer cut its writes.
 */
interface BlockEncoder extends AutoCloseable {
  /** Long enough that cutting costs no compression, short enough to keep all cores busy. */
  int BLOCK = 256 * 1024;

  /** Takes a full block, a direct buffer; it is the caller's again when this returns. */
  void block(ByteBuffer data) throws IOException;

  /** Takes the last, partial block and writes everything out. */
  void finish(ByteBuffer data) throws IOException;

  /** Lets go of native memory and running work, finished or not. */
  @Override
  void close();
}
