package dev.jbuild.engine.copy;

import dev.jbuild.linux.Stat;
import dev.jbuild.oci.Digest;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
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
 * build asked for is kept, so it does not grow. What the file holds is looked up in its bytes, with
 * no object for each of a hundred thousand entries. Safe for use by many threads.
 */
public final class DigestMemory {
  private static final int FORMAT = 0x6a62_0001;
  private static final int HEAD = 2 * Integer.BYTES;
  private static final int KEY = 7 * Long.BYTES;
  private static final int DIGEST = 32;
  private static final int ENTRY = KEY + DIGEST;
  private static final long SETTLED_SECONDS = 2;

  private final Path file;
  private final Clock clock;

  /** The file as it was: entries of a key and a digest. */
  private final ByteBuffer before;

  /**
   * Numbers of entries plus one, by the hash of their keys; the next free place if one is taken.
   */
  private final int[] places;

  /** Which entries were asked for: only ever set, so threads need not agree before the end. */
  private final boolean[] used;

  private final Map<Key, Digest> learnt = new ConcurrentHashMap<>();

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

    static Key at(ByteBuffer entries, int offset) {
      return new Key(
          entries.getLong(offset),
          entries.getLong(offset + 8),
          entries.getLong(offset + 16),
          entries.getLong(offset + 24),
          entries.getLong(offset + 32),
          entries.getLong(offset + 40),
          entries.getLong(offset + 48));
    }

    /** Written out, for the generated one is slow until the JVM's second compiler has seen it. */
    @Override
    public int hashCode() {
      long mixed = (inode * 31 + ctimeNanos) * 31 + ctime + size;
      return Long.hashCode(mixed * 0x9e37_79b9_7f4a_7c15L);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && inode == key.inode
          && ctimeNanos == key.ctimeNanos
          && ctime == key.ctime
          && size == key.size
          && mtime == key.mtime
          && mtimeNanos == key.mtimeNanos
          && device == key.device;
    }
  }

  private DigestMemory(Path file, Clock clock, ByteBuffer before) {
    this.file = file;
    this.clock = clock;
    this.before = before;
    int entries = before.capacity() / ENTRY;
    used = new boolean[entries];
    places = new int[Integer.highestOneBit(Math.max(1, entries)) * 4];
    for (int i = 0; i < entries; i++) {
      int place = place(Key.at(before, i * ENTRY));
      while (places[place] != 0) {
        place = (place + 1) & (places.length - 1);
      }
      places[place] = i + 1;
    }
  }

  private int place(Key key) {
    return key.hashCode() & (places.length - 1);
  }

  /** What is remembered in a file; nothing, if it cannot be read. */
  public static DigestMemory load(Path file, Clock clock) {
    ByteBuffer entries = ByteBuffer.allocate(0);
    try {
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
      boolean known = all.getInt() == FORMAT;
      long count = all.getInt();
      if (known && count >= 0 && all.remaining() == count * ENTRY) {
        entries = all.slice(HEAD, all.remaining());
      }
    } catch (IOException | BufferUnderflowException e) {
      // Nothing is remembered.
    }
    return new DigestMemory(file, clock, entries);
  }

  Optional<Digest> find(Stat stat) {
    Key key = Key.of(stat);
    for (int at = place(key); places[at] != 0; at = (at + 1) & (places.length - 1)) {
      int entry = places[at] - 1;
      if (Key.at(before, entry * ENTRY).equals(key)) {
        used[entry] = true;
        return Optional.of(digest(entry));
      }
    }
    return Optional.ofNullable(learnt.get(key));
  }

  private Digest digest(int entry) {
    int from = before.arrayOffset() + entry * ENTRY + KEY;
    return new Digest(Digest.SHA256, HexFormat.of().formatHex(before.array(), from, from + DIGEST));
  }

  void remember(Stat stat, Digest digest) {
    long changed = Math.max(stat.mtime(), stat.ctime());
    if (changed + SETTLED_SECONDS <= Instant.now(clock).getEpochSecond()) {
      learnt.put(Key.of(stat), digest);
    }
  }

  /** Keeps what this build knows. */
  public void save() throws IOException {
    int kept = 0;
    for (boolean one : used) {
      kept += one ? 1 : 0;
    }
    Map<Key, Digest> all = Map.copyOf(learnt);
    if (kept == used.length && all.isEmpty()) {
      return;
    }
    Files.createDirectories(file.getParent());
    Path temporary = Files.createTempFile(file.getParent(), ".digests", null);
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16))) {
      out.writeInt(FORMAT);
      out.writeInt(kept + all.size());
      for (int entry = 0; entry < used.length; entry++) {
        if (used[entry]) {
          out.write(before.array(), before.arrayOffset() + entry * ENTRY, ENTRY);
        }
      }
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
