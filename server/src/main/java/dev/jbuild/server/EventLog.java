package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The events of one build as lines of a file, so that any number of followers can read all of them
 * from the beginning, however late they come, without the server holding them in memory.
 *
 * <p>A place in the log is the number of bytes before it; it is the id of the event that ends
 * there, which makes resuming after an id a seek. One writer, any number of readers; thread-safe.
 *
 * <p>Streams and not channels do the work, as a channel is closed when a thread that uses it is
 * interrupted, and that is how builds are cancelled.
 */
final class EventLog implements Closeable {
  private static final int PIECE = 64 << 10;

  private final Path file;
  private final OutputStream out;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long size;
  private boolean ended;

  EventLog(Path file) {
    this.file = file;
    try {
      Files.createFile(file);
      out = new FileOutputStream(file.toFile(), true);
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
      out.write(whole);
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
      byte[] piece = read(place, length);
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
    return read(place - 1, 1)[0] == '\n';
  }

  private byte[] read(long place, int length) throws IOException {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      in.seek(place);
      byte[] bytes = new byte[length];
      in.readFully(bytes);
      return bytes;
    }
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
    out.close();
    Files.deleteIfExists(file);
  }
}
