package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * An ingest as a file in {@code ingest/}.
 *
 * <p>A named one has a lock file beside it, so that one process at a time writes; the bytes of a
 * resumed one are read once, to have their hash. All digests but SHA-256 are checked by reading the
 * file again at the end: nobody but a foreign registry uses them.
 */
final class FileIngest implements Ingest {
  private final StoreLayout layout;
  private final LeaseFile lease;
  private final StorageCap cap;
  private final Path file;
  private final LockFile lock;
  private final Path lockPath;
  private final boolean named;
  private final String what;
  private final FileChannel channel;
  private final Digest.Hasher hasher = Digest.hasher();
  private final OutputStream output = new Appender();
  private long offset;
  private boolean over;

  private FileIngest(
      StoreLayout layout, LeaseFile lease, StorageCap cap, Path file, boolean named, String what)
      throws IOException {
    this.layout = layout;
    this.lease = lease;
    this.cap = cap;
    this.file = file;
    this.named = named;
    this.what = what;
    // An unnamed one is locked, too: the lock tells the collector that its writer is alive.
    lockPath = file.resolveSibling(file.getFileName() + ".lock");
    lock = LockFile.exclusive(lockPath);
    boolean ready = false;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (named && channel.size() > 0) {
        resume();
      }
      ready = true;
    } finally {
      if (!ready) {
        lock.close();
      }
    }
  }

  /**
   * @param what it will be, for messages: {@code "a blob"}
   */
  static FileIngest anonymous(StoreLayout layout, LeaseFile lease, StorageCap cap, String what) {
    return open(layout, lease, cap, layout.scratch(), false, what);
  }

  static FileIngest named(StoreLayout layout, LeaseFile lease, StorageCap cap, String ref) {
    return open(layout, lease, cap, layout.ingest(ref), true, "blob " + ref);
  }

  private static FileIngest open(
      StoreLayout layout, LeaseFile lease, StorageCap cap, Path file, boolean named, String what) {
    try (var _ = named ? null : LockFile.shared(layout.collectorLock())) {
      return new FileIngest(layout, lease, cap, file, named, what);
    } catch (IOException e) {
      throw DiskFailures.of("begin to store " + what, e);
    }
  }

  private void resume() throws IOException {
    offset = readAll(hasher);
  }

  private long readAll(Digest.Hasher into) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 18);
    long read = 0;
    for (int n = channel.read(buffer); n >= 0; n = channel.read(buffer)) {
      read += n;
      into.update(buffer.flip());
      buffer.clear();
    }
    return read;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public OutputStream output() {
    return output;
  }

  @Override
  public void restart() {
    try {
      channel.truncate(0);
      channel.position(0);
    } catch (IOException e) {
      throw DiskFailures.of("begin anew to store a blob", e);
    }
    offset = 0;
    hasher.digest();
  }

  @Override
  public Digest commit() {
    Digest actual = hasher.digest();
    publish(actual);
    return actual;
  }

  @Override
  public void commit(Digest expected, long size) {
    if (size >= 0 && size != offset) {
      abort();
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT,
          "blob " + expected + " has " + offset + " bytes, not the " + size + " it should have");
    }
    Digest actual =
        expected.algorithm().equals(Digest.SHA256) ? hasher.digest() : hashAnew(expected);
    if (!actual.equals(expected)) {
      abort();
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT,
          "the " + offset + " bytes received for blob " + expected + " hash to " + actual);
    }
    publish(expected);
  }

  /** Appends bytes that whoever writes them hashes; to be ended by {@link #commitHashed} only. */
  OutputStream unhashed() {
    return new Unhashed();
  }

  /** Commits what {@link #unhashed} took, under the digest that the writer computed on the way. */
  void commitHashed(Digest digest) {
    publish(digest);
  }

  private Digest hashAnew(Digest expected) {
    Digest.Hasher verifier = expected.verifier();
    try {
      channel.position(0);
      readAll(verifier);
    } catch (IOException e) {
      throw DiskFailures.of("store blob " + expected, e);
    }
    return verifier.digest();
  }

  private void publish(Digest digest) {
    // Held before it is visible, so that the collector never sees it free.
    lease.hold(digest);
    Path target = layout.blob(digest);
    try {
      if (!isThere(target)) {
        cap.admit(offset);
        channel.force(true);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        Files.createDirectories(target.getParent());
        Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
        DurableFiles.syncDirectoryOf(target);
      }
    } catch (IOException e) {
      throw DiskFailures.of("store blob " + digest, e);
    } finally {
      finish();
    }
  }

  /** Another of the same size is the same; one of another size is damage, and is replaced. */
  private boolean isThere(Path target) throws IOException {
    try {
      return Files.size(target) == offset;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  @Override
  public void abort() {
    if (!over) {
      finish();
    }
  }

  @Override
  public void close() {
    if (over) {
      return;
    }
    if (!named) {
      finish();
      return;
    }
    over = true;
    try (lock;
        channel) {
      // The bytes stay for whoever resumes.
    } catch (IOException e) {
      throw DiskFailures.of("leave an unfinished blob", e);
    }
  }

  /** Removes what is left of the ingest; its lock file last, while it is locked. */
  private void finish() {
    over = true;
    try (lock;
        channel) {
      Files.deleteIfExists(file);
      Files.deleteIfExists(lockPath);
    } catch (IOException e) {
      // What is left in ingest/ is nobody's; the collector removes it.
    }
  }

  private class Unhashed extends OutputStream implements WritableByteChannel {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      write(ByteBuffer.wrap(bytes, from, length));
    }

    /** Takes all of them. */
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      if (over) {
        throw new IOException("the ingest is over");
      }
      int length = bytes.remaining();
      DurableFiles.writeFully(channel, bytes);
      offset += length;
      return length;
    }

    @Override
    public boolean isOpen() {
      return !over;
    }
  }

  private final class Appender extends Unhashed {
    @Override
    public int write(ByteBuffer bytes) {
      ByteBuffer written = bytes.duplicate();
      int length;
      try {
        length = super.write(bytes);
      } catch (IOException e) {
        throw DiskFailures.of("store " + what, e);
      }
      hasher.update(written);
      return length;
    }
  }
}
