package dev.jbuild.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The lease of one handle: a file that is locked while the handle is open and lists what it holds,
 * one a line.
 *
 * <p>Why what is held cannot vanish: a line is added with the collector's lock shared, and only
 * then does the holder look whether the thing is there. The collector reads the leases and removes
 * with that lock taken alone. So either it saw the line, or the holder sees that the thing is gone.
 *
 * <p>A line needs no sync: after a loss of power there is no process that holds anything.
 */
final class LeaseFile implements AutoCloseable {
  private final StoreLayout layout;
  private final Lease lease;
  private final Path path;
  private final @Nullable LockFile locked;
  private final Set<String> held = ConcurrentHashMap.newKeySet();
  private final ReentrantLock appending = new ReentrantLock();
  private volatile boolean closed;

  private LeaseFile(StoreLayout layout, Lease lease, Path path, @Nullable LockFile locked) {
    this.layout = layout;
    this.lease = lease;
    this.path = path;
    this.locked = locked;
  }

  static LeaseFile open(StoreLayout layout, String purpose) {
    Instant now = Instant.now();
    byte[] random = new byte[6];
    ThreadLocalRandom.current().nextBytes(random);
    String id = ProcessHandle.current().pid() + "-" + HexFormat.of().formatHex(random);
    Lease lease = new Lease(id, purpose, ProcessHandle.current().pid(), now);
    Path path = layout.leases().resolve(id);
    ObjectNode header = Json.object();
    header.put("id", id);
    header.put("purpose", purpose);
    header.put("pid", lease.pid());
    header.put("since", now.toString());
    // The collector takes an unlocked lease for that of a dead process, so it must not look between
    // the making of the file and its locking.
    try (var _ = LockFile.shared(layout.collectorLock())) {
      LockFile locked = LockFile.exclusive(path);
      byte[] line = line(new String(Json.compact(header), StandardCharsets.UTF_8));
      locked.file().write(line, 0, line.length);
      return new LeaseFile(layout, lease, path, locked);
    } catch (IOException e) {
      if (DiskFailures.isFull(e)) {
        // Whoever comes to prune a full disk need not hold anything; whoever must is told then.
        return new LeaseFile(layout, lease, path, null);
      }
      throw DiskFailures.of("open a lease in " + layout.root(), e);
    }
  }

  Lease lease() {
    return lease;
  }

  /** Whether things can be held: not by a lease that was opened on a full disk. */
  boolean canHold() {
    return locked != null;
  }

  void hold(Digest blob) {
    hold("blob " + blob);
  }

  void hold(DiffId layer) {
    hold("layer " + layer);
  }

  void holdSnapshot(String id) {
    hold("snapshot " + id);
  }

  private void hold(String what) {
    if (closed) {
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "the store handle of \"" + lease.purpose() + "\" is closed");
    }
    if (held.contains(what)) {
      return;
    }
    LockFile file = locked;
    if (file == null) {
      throw DiskFailures.of("hold " + what, new IOException("No space left on device"));
    }
    appending.lock();
    try (var _ = LockFile.shared(layout.collectorLock())) {
      byte[] line = line(what);
      file.file().write(line, 0, line.length);
      held.add(what);
    } catch (IOException e) {
      throw DiskFailures.of("hold " + what, e);
    } finally {
      appending.unlock();
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // The collector removes the file of a lease that nobody has locked.
    } finally {
      if (locked != null) {
        locked.close();
      }
    }
  }

  private static byte[] line(String text) {
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
