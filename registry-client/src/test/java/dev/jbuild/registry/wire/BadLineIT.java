package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.BlobSink;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.fixture.DockerRegistry;
import dev.jbuild.registry.fixture.DroppingProxy;
import dev.jbuild.registry.fixture.HashingRegistry;
import dev.jbuild.registry.fixture.Peers;
import dev.jbuild.registry.fixture.TestOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gigabytes over a line that breaks twenty times: resumed, not repeated, in little memory. */
@Tag("peer")
class BadLineIT {
  private static final long SIZE = Long.getLong("jbuild.test.badLineBytes", 2L << 30);
  private static final int DROPS = 20;

  /** What a transfer may add to the process: buffers and parts, whatever the size of the blob. */
  private static final long RESIDENT = 200L << 20;

  @TempDir Path folder = Path.of("unset");

  /** Bytes that never repeat and cost nothing: a counter in each eight of them. */
  private static final class Counting extends InputStream {
    private long at;

    Counting(long offset) {
      at = offset;
    }

    private static byte byteAt(long position) {
      long word = (position >>> 3) * 0x9E3779B97F4A7C15L;
      return (byte) (word >>> ((position & 7) * 8));
    }

    @Override
    public int read() {
      return at == SIZE ? -1 : byteAt(at++) & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
      if (at == SIZE) {
        return -1;
      }
      int count = (int) Math.min(length, SIZE - at);
      for (int i = 0; i < count; i++) {
        bytes[offset + i] = byteAt(at + i);
      }
      at += count;
      return count;
    }
  }

  private static Digest hash(InputStream in) throws IOException {
    Digest.Hasher hasher = Digest.hasher();
    byte[] buffer = new byte[1 << 20];
    for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
      hasher.update(buffer, 0, got);
    }
    return hasher.digest();
  }

  private static final class HashingSink implements BlobSink {
    private final Digest.Hasher hasher = Digest.hasher();
    private long position;

    @Override
    public long position() {
      return position;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      hasher.update(bytes, offset, length);
      position += length;
    }
  }

  /** The largest resident size of this process so far. */
  private static long peakResident() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new IOException("no VmHWM in /proc/self/status");
  }

  /** The figures, for the counts at the end of {@code run-tests}. */
  private static void tally(String what, DroppingProxy line, long moved, long grown)
      throws IOException {
    System.out.printf(
        Locale.ROOT,
        "tally: bad line: %s of %d MiB with %d drops moved %.4f times the bytes; resident memory"
            + " grew by %d MiB to a peak of %d MiB%n",
        what,
        SIZE >> 20,
        DROPS - line.dropsLeft(),
        (double) moved / SIZE,
        grown >> 20,
        peakResident() >> 20);
  }

  @Test
  void pushOverABadLineSendsLittleMoreThanTheBytesInFlatMemory() throws IOException {
    Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, hash(new Counting(0)), SIZE);
    RegistryOptions options = TestOptions.builder().build();
    try (HashingRegistry registry = new HashingRegistry();
        DroppingProxy line = new DroppingProxy(registry.host(), SIZE / (DROPS + 1), DROPS);
        Registry transport = new HttpTransport(options)) {
      RepositoryName there = new RepositoryName(line.host(), "big");
      long before = peakResident();
      Registry.Push how = transport.pushBlob(there, blob, Counting::new, Optional.empty());
      assertThat(how).isEqualTo(Registry.Push.UPLOADED);
      assertThat(registry.size(blob.digest())).isEqualTo(SIZE);
      long grown = peakResident() - before;
      tally("push", line, line.up(), grown);
      assertThat(line.dropsLeft()).isZero();
      assertThat(line.up()).isLessThan(SIZE + SIZE / 10);
      assertThat(grown).isLessThan(RESIDENT);
    }
  }

  /** docker-registry 2 forgets an upload whose request broke: each drop costs what was sent. */
  @Test
  void pushToDockerRegistryOverABadLineIsBegunAnewAndEnds() throws IOException {
    Peers.need("docker-registry");
    int size = 32 << 20;
    int every = 4 << 20;
    int drops = 3;
    byte[] bytes = new Counting(0).readNBytes(size);
    Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, Digest.of(bytes), size);
    try (DockerRegistry registry = DockerRegistry.plain(folder);
        DroppingProxy line = new DroppingProxy(registry.host(), every, drops);
        Registry transport = new HttpTransport(TestOptions.builder().build())) {
      transport.pushBlob(
          new RepositoryName(line.host(), "big"),
          blob,
          offset -> new ByteArrayInputStream(bytes, (int) offset, size - (int) offset),
          Optional.empty());
      assertThat(line.dropsLeft()).isZero();
      assertThat(line.up()).isLessThan(size + (long) drops * (every + (1 << 20)));
      HashingSink sink = new HashingSink();
      transport.fetchBlob(new RepositoryName(registry.host(), "big"), blob, sink);
      assertThat(sink.hasher.digest()).isEqualTo(blob.digest());
    }
  }

  @Test
  void pullOverABadLineFetchesLittleMoreThanTheBytesInFlatMemory() throws IOException {
    Peers.need("docker-registry");
    Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, hash(new Counting(0)), SIZE);
    RegistryOptions options = TestOptions.builder().build();
    try (DockerRegistry registry = DockerRegistry.plain(folder);
        DroppingProxy line = new DroppingProxy(registry.host(), SIZE / (DROPS + 1), DROPS);
        Registry transport = new HttpTransport(options)) {
      transport.pushBlob(
          new RepositoryName(registry.host(), "big"), blob, Counting::new, Optional.empty());
      long before = peakResident();
      HashingSink sink = new HashingSink();
      transport.fetchBlob(new RepositoryName(line.host(), "big"), blob, sink);
      assertThat(sink.hasher.digest()).isEqualTo(blob.digest());
      long grown = peakResident() - before;
      tally("pull", line, line.down(), grown);
      assertThat(line.dropsLeft()).isZero();
      assertThat(line.down()).isLessThan(SIZE + SIZE / 10);
      assertThat(grown).isLessThan(RESIDENT);
    }
  }
}
