package dev.jbuild.layer;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Compresses a stream that arrives in blocks of {@link #blockSize} bytes, the last one shorter and
 * maybe empty. So the output cannot depend on how a writer cut its writes.
 */
interface BlockEncoder extends AutoCloseable {
  /** Long enough that cutting costs no compression, short enough to keep all cores busy. */
  int BLOCK = 256 * 1024;

  /** Bytes of a block: a multiple of {@link #BLOCK}, given by the kind and the level alone. */
  default int blockSize() {
    return BLOCK;
  }

  /** How many blocks keep all threads busy, the one that is filled among them. */
  default int blocks() {
    return 3;
  }

  /**
   * Takes a full block, a direct buffer, which must not change before {@code done} is run: by any
   * thread, once, maybe after this returns.
   */
  void block(ByteBuffer data, Runnable done) throws IOException;

  /** Takes the last, partial block and writes everything out. */
  void finish(ByteBuffer data) throws IOException;

  /** Lets go of native memory and running work, finished or not. */
  @Override
  void close();
}
