package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.registry.BlobSink;
import dev.jbuild.registry.Timeouts;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;

/**
 * A blob's sink for a transport that always starts at the first byte: lets go of what the sink has,
 * never gives it more than the blob's size, and ends a transfer that only trickles.
 */
final class BoundedSink extends OutputStream {
  private final Descriptor blob;
  private final BlobSink sink;
  private final Timeouts timeouts;
  private final Action action;
  private final Runnable breakOff;
  private long at;
  private long windowStart = System.nanoTime();
  private long inWindow;

  /**
   * A sink for one attempt.
   *
   * @param breakOff closes the connection, so that nobody reads on what is not wanted
   */
  BoundedSink(Descriptor blob, BlobSink sink, Timeouts timeouts, Action action, Runnable breakOff) {
    this.blob = blob;
    this.sink = sink;
    this.timeouts = timeouts;
    this.action = action;
    this.breakOff = breakOff;
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (at + length > blob.size()) {
      breakOff.run();
      throw ManifestBytes.corrupt(action, "it is longer than " + blob.size() + " bytes");
    }
    int known = Math.clamp(sink.position() - at, 0, length);
    at += length;
    if (known < length) {
      try {
        sink.write(bytes, offset + known, length - known);
      } catch (IOException e) {
        breakOff.run();
        throw new BuildFailure(
            BuildFailure.Kind.UNAVAILABLE, action + ": it cannot be written: " + e.getMessage(), e);
      }
    }
    inWindow += length;
    long now = System.nanoTime();
    if (inWindow >= timeouts.idleBytes()) {
      inWindow = 0;
      windowStart = now;
    } else if (now - windowStart > timeouts.idle().toNanos()) {
      breakOff.run();
      throw new SocketTimeoutException(
          "only " + inWindow + " bytes arrived in " + timeouts.idle().toMillis() + " ms");
    }
  }

  /** Called after the last byte. */
  void end() throws IOException {
    if (at < blob.size()) {
      throw new EOFException("the blob ends " + (blob.size() - at) + " bytes early");
    }
  }
}
