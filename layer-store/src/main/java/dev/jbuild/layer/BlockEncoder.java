package dev.jbuild.layer;

import java.io.IOException;

/**
 * Compresses a stream that arrives in blocks of {@link #BLOCK} bytes, the last one shorter and
 * maybe empty. So the output cannot depend on how a writer cut its writes.
 */
interface BlockEncoder extends AutoCloseable {
  /** Long enough that cutting costs no compression, short enough to keep all cores busy. */
  int BLOCK = 256 * 1024;

  /**
   * Takes a full block; the array belongs to the encoder afterwards.
   *
   * @return an array of {@link #BLOCK} bytes for the next block
   */
  byte[] block(byte[] data) throws IOException;

  /** Takes the last, partial block and writes everything out. */
  void finish(byte[] data, int length) throws IOException;

  /** Lets go of native memory and running work, finished or not. */
  @Override
  void close();
}
