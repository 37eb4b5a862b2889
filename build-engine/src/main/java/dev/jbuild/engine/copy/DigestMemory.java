package dev.jbuild.engine.copy;

import dev.jbuild.linux.Stat;
import dev.jbuild.oci.Digest;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Digests of files by what the kernel says of them: device, inode, size, mtime and ctime. A build
 * of an unchanged context is a walk, not a read.
 *
 * <p>The ctime cannot be set back by a program, so a file with restored times is read again. A file
 * that changed less than two seconds before it was read is not remembered: within the resolution of
 * its file system's clock it could change again and look the same.
 *
 * <p>One file for each context, replaced as a whole; losing it costs time only. Only what this
 * build asked for is kept, so it does not grow. Safe for use by many threads.
 */
public final class DigestMemory {
  private static final int FORMAT = 0x6a62_0001;
  private static final int DIGEST_BYTES = 32;
  private static final long SETTLED_SECONDS = 2;

  private final Path file;
  private final Clock clock;
  private final Map<Key, Digest> before;
  private final Map<Key, Digest> now = new ConcurrentHashMap<>();

  private record Key(
      long device,
      long inode,
      long size,
      long mtime,
      long mtimeNanos,
      long ctime,
      long ctimeNanos) {
    static Key of(Stat stat) {
      return new Key(
          stat.dev(),
          stat.ino(),
          stat.size(),
          stat.mtime(),
          stat.mtimeNanos(),
          stat.ctime(),
          stat.ctimeNanos());
    }
  }

  private DigestMemory(Path file, Clock clock, Map<Key, Digest> before) {
    this.file = file;
    this.clock = clock;
    this.before = before;
  }

  /** What is remembered in a file; nothing, if it cannot be read. */
  public static DigestMemory load(Path file, Clock clock) {
    Map<Key, Digest> known = new HashMap<>();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      if (in.readInt() == FORMAT) {
        int count = in.readInt();
        byte[] digest = new byte[DIGEST_BYTES];
        for (int i = 0; i < count; i++) {
          Key key =
              new Key(
                  in.readLong(),
                  in.readLong(),
                  in.readLong(),
                  in.readLong(),
                  in.readLong(),
                  in.readLong(),
                  in.readLong());
          in.readFully(digest);
          known.put(key, new Digest(Digest.SHA256, HexFormat.of().formatHex(digest)));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      known.clear();
    }
    return new DigestMemory(file, clock, known);
  }

  Optional<Digest> find(Stat stat) {
    Key key = Key.of(stat);
    Digest digest = now.get(key);
    if (digest == null) {
      digest = before.get(key);
      if (digest != null) {
        now.put(key, digest);
      }
    }
    return Optional.ofNullable(digest);
  }

  void remember(Stat stat, Digest digest) {
    long changed = Math.max(stat.mtime(), stat.ctime());
    if (changed + SETTLED_SECONDS <= Instant.now(clock).getEpochSecond()) {
      now.put(Key.of(stat), digest);
    }
  }

  /** Keeps what this build knows. */
  public void save() throws IOException {
    if (now.equals(before)) {
      return;
    }
    Files.createDirectories(file.getParent());
    Path temporary = Files.createTempFile(file.getParent(), ".digests", null);
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16))) {
      out.writeInt(FORMAT);
      Map<Key, Digest> all = Map.copyOf(now);
      out.writeInt(all.size());
      for (Map.Entry<Key, Digest> entry : all.entrySet()) {
        Key key = entry.getKey();
        out.writeLong(key.device());
        out.writeLong(key.inode());
        out.writeLong(key.size());
        out.writeLong(key.mtime());
        out.writeLong(key.mtimeNanos());
        out.writeLong(key.ctime());
        out.writeLong(key.ctimeNanos());
        out.write(HexFormat.of().parseHex(entry.getValue().hex()));
      }
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
