package dev.jbuild.registry;

import java.io.IOException;

/**
 * Where the bytes of a blob go, in order. A transport that loses its connection goes on at {@link
 * #position}; what was taken stays taken, and so does the state of a digest over it.
 *
 * <p>Used by one thread at a time.
 */
public interface BlobSink {

  /** The number of bytes taken so far. */
  long position();

  /** Takes the next bytes. A failure here is the sink's own and is never retried. */
  void write(byte[] bytes, int offset, int length) throws IOException;
}
