package dev.jbuild.registry.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as a stream that does not wait for ever: a read fails once the reader has
 * waited {@code idle} for fewer than {@code idleBytes}. Only waiting counts, so a slow disk on our
 * side is not held against the registry, and a peer that sends a byte now and then does not pass
 * for alive. (The client's own time limit ends at the head of the answer.)
 */
final class BodyStream extends InputStream implements HttpResponse.BodySubscriber<BodyStream> {
  /** Items in flight: enough to keep the socket busy while we hash, few enough to stay small. */
  private static final int PREFETCH = 8;

  private sealed interface Item {
    record Bytes(List<ByteBuffer> buffers) implements Item {}

    record Failed(Throwable cause) implements Item {}

    record End() implements Item {}
  }

  private final BlockingQueue<Item> queue = new LinkedBlockingQueue<>();
  private final long idleNanos;
  private final long idleBytes;
  private volatile Flow.@Nullable Subscription subscription;
  private volatile boolean closed;
  private List<ByteBuffer> current = List.of();
  private int next;
  private boolean ended;
  private long waited;
  private long arrived;

  BodyStream(Duration idle, long idleBytes) {
    this.idleNanos = idle.toNanos();
    this.idleBytes = idleBytes;
  }

  @Override
  public CompletionStage<BodyStream> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    if (closed) {
      given.cancel();
    } else {
      given.request(PREFETCH);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    queue.add(new Item.Bytes(buffers));
  }

  @Override
  public void onError(Throwable cause) {
    queue.add(new Item.Failed(cause));
  }

  @Override
  public void onComplete() {
    queue.add(new Item.End());
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (true) {
      while (next < current.size()) {
        ByteBuffer buffer = current.get(next);
        if (buffer.hasRemaining()) {
          int count = Math.min(length, buffer.remaining());
          buffer.get(target, offset, count);
          return count;
        }
        next++;
      }
      if (ended || !advance()) {
        return -1;
      }
    }
  }

  private boolean advance() throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    return switch (take()) {
      case Item.Bytes(List<ByteBuffer> buffers) -> {
        current = buffers;
        next = 0;
        for (ByteBuffer buffer : buffers) {
          arrived += buffer.remaining();
        }
        if (arrived >= idleBytes) {
          arrived = 0;
          waited = 0;
        }
        Flow.Subscription source = subscription;
        if (source != null) {
          source.request(1);
        }
        yield true;
      }
      case Item.End() -> {
        ended = true;
        yield false;
      }
      case Item.Failed(Throwable cause) -> {
        ended = true;
        throw new IOException(cause.getMessage(), cause);
      }
    };
  }

  private Item take() throws IOException {
    Item ready = queue.poll();
    if (ready != null) {
      return ready;
    }
    long start = System.nanoTime();
    try {
      Item item = queue.poll(Math.max(0, idleNanos - waited), TimeUnit.NANOSECONDS);
      waited += System.nanoTime() - start;
      if (item == null) {
        close();
        throw new SocketTimeoutException(
            "only "
                + arrived
                + " bytes arrived in "
                + TimeUnit.NANOSECONDS.toMillis(idleNanos)
                + " ms");
      }
      return item;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** Ends the transfer; if bytes are still to come, the connection goes with it. Idempotent. */
  @Override
  public void close() {
    closed = true;
    Flow.Subscription source = subscription;
    if (source != null && !ended) {
      source.cancel();
    }
  }
}
