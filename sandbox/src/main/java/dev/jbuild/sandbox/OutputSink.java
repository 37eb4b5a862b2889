package dev.jbuild.sandbox;

import java.nio.ByteBuffer;

/**
 * Receives what a step writes.
 *
 * <p>Called by one thread at a time, in the order in which the launcher saw the bytes; chunks of
 * both streams keep their order among each other as far as two pipes allow. Bytes are as the
 * process wrote them: any value, cut anywhere. A slow sink slows the step down; nothing is dropped
 * and nothing is gathered in memory. What a sink throws ends the step and is thrown by {@link
 * RunningStep#await}.
 */
@FunctionalInterface
public interface OutputSink {

  /** The two streams of a process. */
  enum Stream {
    STDOUT,
    STDERR
  }

  /**
   * Takes one chunk.
   *
   * @param chunk read-only, valid during the call only, with at least one byte
   */
  void write(Stream stream, ByteBuffer chunk);

  /** Takes everything and keeps nothing. */
  static OutputSink discard() {
    return (_, _) -> {};
  }
}
