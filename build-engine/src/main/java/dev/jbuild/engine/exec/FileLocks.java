package dev.jbuild.engine.exec;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Locks on files, between the threads of this process and with other processes.
 *
 * <p>The kernel's record locks belong to a process: a second lock of ours on the same file is
 * refused by the JDK, and closing any descriptor of the file drops the first. So each file is
 * opened once here, and threads share that lock. One instance for the whole process, for that
 * reason.
 */
final class FileLocks {
  private static final FileLocks PROCESS = new FileLocks();

  private final Map<Path, Entry> entries = new HashMap<>();

  private static final class Entry {
    final FileChannel channel;
    final FileLock lock;
    int holders = 1;

    Entry(FileChannel channel, FileLock lock) {
      this.channel = channel;
      this.lock = lock;
    }
  }

  private FileLocks() {}

  static FileLocks ofProcess() {
    return PROCESS;
  }

  /** A lock that is held until it is closed. */
  interface Held extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  /** The lock, if it is to be had now. The file is made if missing, and stays. */
  synchronized Optional<Held> tryLock(Path file, boolean shared) throws IOException {
    Entry entry = entries.get(file);
    if (entry != null) {
      if (!shared || !entry.lock.isShared()) {
        return Optional.empty();
      }
      entry.holders++;
      return Optional.of(() -> release(file));
    }
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock(0, Long.MAX_VALUE, shared);
      if (lock != null) {
        entries.put(file, new Entry(channel, lock));
        return Optional.of(() -> release(file));
      }
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return Optional.empty();
  }

  private synchronized void release(Path file) throws IOException {
    Entry entry = entries.get(file);
    if (entry != null && --entry.holders == 0) {
      entries.remove(file);
      entry.channel.close();
    }
  }
}
