package dev.jbuild.registry.wire;

import dev.jbuild.registry.BlobContent;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A body to send: a part of some content, with a count of what has gone out and a memory of what
 * went wrong on our side of it. One use.
 */
final class Outgoing {
  private final BlobContent content;
  private final long offset;
  private final long length;
  private final @Nullable String contentType;
  private final AtomicLong sent = new AtomicLong();
  private volatile @Nullable IOException localFailure;

  Outgoing(BlobContent content, long offset, long length, @Nullable String contentType) {
    this.content = content;
    this.offset = offset;
    this.length = length;
    this.contentType = contentType;
  }

  static Outgoing of(byte[] bytes, String contentType) {
    return new Outgoing(BlobContent.of(bytes), 0, bytes.length, contentType);
  }

  /** The same part again, for another attempt. */
  Outgoing again() {
    return new Outgoing(content, offset, length, contentType);
  }

  @Nullable String contentType() {
    return contentType;
  }

  /** Bytes handed to the client so far; socket buffers included. */
  long sent() {
    return sent.get();
  }

  boolean isComplete() {
    return sent.get() >= length;
  }

  /** What went wrong while reading the content, which is no fault of the registry's. */
  @Nullable IOException localFailure() {
    return localFailure;
  }

  HttpRequest.BodyPublisher publisher() {
    if (length == 0) {
      return HttpRequest.BodyPublishers.noBody();
    }
    return HttpRequest.BodyPublishers.fromPublisher(
        HttpRequest.BodyPublishers.ofInputStream(this::open), length);
  }

  private InputStream open() {
    try {
      return new Counted(content.open(offset), length);
    } catch (IOException e) {
      localFailure = e;
      throw new UncheckedIOException(e);
    }
  }

  private final class Counted extends FilterInputStream {
    private long left;

    Counted(InputStream in, long length) {
      super(in);
      left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int start, int count) throws IOException {
      if (left == 0) {
        return -1;
      }
      int got;
      try {
        got = in.read(target, start, (int) Math.min(count, left));
      } catch (IOException e) {
        localFailure = e;
        throw e;
      }
      if (got < 0) {
        localFailure = new IOException("the content ends " + left + " bytes early");
        throw localFailure;
      }
      left -= got;
      sent.addAndGet(got);
      return got;
    }
  }
}
