package dev.jbuild.engine.copy;

import dev.jbuild.linux.Stat;
import dev.jbuild.oci.Digest;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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

  /** In longs, as all that is below: device, inode, size, mtime and ctime with their nanos. */
  private static final int KEY = 7;

  private static final int DIGEST = 4;
  private static final int ENTRY = KEY + DIGEST;
  private static final long SETTLED_SECONDS = 2;

  private final Path file;
  private final Clock clock;

  /**
   * The file as it was: entries of a key and a digest. Longs, not bytes: all that is done with them
   * is to compare, and that is done a hundred thousand times before the JVM's second compiler has
   * seen it.
   */
  private final long[] before;

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

    /** Written out, for the generated one is slow until the JVM's second compiler has seen it. */
    @Override
    public int hashCode() {
      return hash(inode, ctimeNanos);
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

  private DigestMemory(Path file, Clock clock, long[] before) {
    this.file = file;
    this.clock = clock;
    this.before = before;
    int entries = before.length / ENTRY;
    used = new boolean[entries];
    places = new int[Integer.highestOneBit(Math.max(1, entries)) * 4];
    for (int i = 0; i < entries; i++) {
      int place = place(hash(before[i * ENTRY + 1], before[i * ENTRY + 6]));
      while (places[place] != 0) {
        place = (place + 1) & (places.length - 1);
      }
      places[place] = i + 1;
    }
  }

  /** Of what tells files apart best; the multiplier spreads it over all bits. */
  private static int hash(long inode, long ctimeNanos) {
    return (int) (((inode * 31 + ctimeNanos) * 0x9e37_79b9_7f4a_7c15L) >>> 32);
  }

  private int place(int hash) {
    return hash & (places.length - 1);
  }

  /** What is remembered in a file; nothing, if it cannot be read. */
  public static DigestMemory load(Path file, Clock clock) {
    long[] entries = new long[0];
    try {
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file));
      boolean known = all.getInt() == FORMAT;
      long count = all.getInt();
      if (known && count >= 0 && all.remaining() == count * ENTRY * Long.BYTES) {
        entries = new long[Math.toIntExact(count * ENTRY)];
        all.asLongBuffer().get(entries);
      }
    } catch (IOException | BufferUnderflowException e) {
      // Nothing is remembered.
    }
    return new DigestMemory(file, clock, entries);
  }

  Optional<Digest> find(Stat stat) {
    int hash = hash(stat.ino(), stat.ctimeNanos());
    for (int at = place(hash); places[at] != 0; at = (at + 1) & (places.length - 1)) {
      int entry = places[at] - 1;
      if (isOf(stat, entry * ENTRY)) {
        used[entry] = true;
        return Optional.of(digest(entry * ENTRY + KEY));
      }
    }
    return learnt.isEmpty() ? Optional.empty() : Optional.ofNullable(learnt.get(Key.of(stat)));
  }

  private boolean isOf(Stat stat, int at) {
    return before[at] == stat.dev()
        && before[at + 1] == stat.ino()
        && before[at + 2] == stat.size()
        && before[at + 3] == stat.mtime()
        && before[at + 4] == stat.mtimeNanos()
        && before[at + 5] == stat.ctime()
        && before[at + 6] == stat.ctimeNanos();
  }

  private Digest digest(int at) {
    byte[] hex = new byte[DIGEST * Long.BYTES * 2];
    for (int i = 0; i < hex.length; i++) {
      int digit = (int) (before[at + i / 16] >>> (60 - i % 16 * 4)) & 0xf;
      hex[i] = (byte) (digit < 10 ? '0' + digit : 'a' - 10 + digit);
    }
    return new Digest(Digest.SHA256, new String(hex, StandardCharsets.ISO_8859_1));
  }

  /** Reads a file's content. */
  interface Reading {
    Digest digest() throws IOException;
  }

  /** Reads a file and remembers its digest, if it can be told from a later change. */
  Digest learn(Stat stat, Reading reading) throws IOException {
    long changed = Math.max(stat.mtime(), stat.ctime());
    // Asked before the read: during a long one the file could change and look the same.
    boolean settled = changed + SETTLED_SECONDS <= Instant.now(clock).getEpochSecond();
    Digest digest = reading.digest();
    if (settled) {
      learnt.put(Key.of(stat), digest);
    }
    return digest;
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
    try {
      write(temporary, kept, all);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary); // there only where one of them failed
    }
  }

  private void write(Path temporary, int kept, Map<Key, Digest> all) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16))) {
      out.writeInt(FORMAT);
      out.writeInt(kept + all.size());
      for (int entry = 0; entry < used.length; entry++) {
        if (used[entry]) {
          for (int i = entry * ENTRY; i < (entry + 1) * ENTRY; i++) {
            out.writeLong(before[i]);
          }
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
  }
}
