package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The events of one build as lines of a file, so that any number of followers can read all of them
 * from the beginning, however late they come, without the server holding them in memory.
 *
 * <p>A place in the log is the number of bytes before it; it is the id of the event that ends there,
 * which makes resuming after an id a seek. One writer, any number of readers; thread-safe.
 */
final class EventLog implements Closeable {
  private static final int PIECE = 64 << 10;

  private final Path file;
  private final FileChannel channel;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long size;
  private boolean ended;

  EventLog(Path file) {
    this.file = file;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "cannot write " + file, e);
    }
  }

  /**
   * Adds one event.
   *
   * @param line without a newline in it
   */
  void append(byte[] line) {
    byte[] whole = Arrays.copyOf(line, line.length + 1);
    whole[line.length] = '\n';
    lock.lock();
    try {
      ByteBuffer bytes = ByteBuffer.wrap(whole);
      while (bytes.hasRemaining()) {
        channel.write(bytes, size + bytes.position());
      }
      size += whole.length;
      changed.signalAll();
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "cannot write the events of the build to " + file, e);
    } finally {
      lock.unlock();
    }
  }

  /** No event follows. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What a follower can do next. */
  enum Next {
    READ,
    WAIT,
    ENDED
  }

  /** Waits until there is something after {@code place}, nothing will be, or the time is over. */
  Next await(long place, Duration most) throws InterruptedException {
    long left = most.toNanos();
    lock.lock();
    try {
      while (place >= size && !ended) {
        if (left <= 0) {
          return Next.WAIT;
        }
        left = changed.awaitNanos(left);
      }
      return place < size ? Next.READ : Next.ENDED;
    } finally {
      lock.unlock();
    }
  }

  /** Whole lines from {@code place} on, newlines included: a piece of moderate size. */
  byte[] read(long place) throws IOException {
    int length = (int) Math.min(PIECE, size() - place);
    while (true) {
      ByteBuffer bytes = ByteBuffer.allocate(length);
      while (bytes.hasRemaining() && channel.read(bytes, place + bytes.position()) >= 0) {
        // until full or at the end
      }
      byte[] piece = Arrays.copyOf(bytes.array(), bytes.position());
      int last = piece.length;
      while (last > 0 && piece[last - 1] != '\n') {
        last--;
      }
      if (last > 0 || piece.length == 0) {
        return last == piece.length ? piece : Arrays.copyOf(piece, last);
      }
      // one line longer than the piece
      length = (int) Math.min(Math.min(Integer.MAX_VALUE - 8L, length * 2L), size() - place);
    }
  }

  /** Whether an event ends at {@code place}, or the log begins there. */
  boolean isBoundary(long place) throws IOException {
    if (place == 0) {
      return true;
    }
    if (place < 0 || place > size()) {
      return false;
    }
    ByteBuffer one = ByteBuffer.allocate(1);
    return channel.read(one, place - 1) == 1 && one.get(0) == '\n';
  }

  long size() {
    lock.lock();
    try {
      return size;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the end, for at most that long; for tests and an orderly stop. */
  boolean awaitEnd(Duration most) throws InterruptedException {
    long left = most.toNanos();
    lock.lock();
    try {
      while (!ended && left > 0) {
        left = changed.awaitNanos(left);
      }
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the log and removes its file; readers meet the end. */
  @Override
  public void close() throws IOException {
    end();
    channel.close();
    Files.deleteIfExists(file);
  }

}
