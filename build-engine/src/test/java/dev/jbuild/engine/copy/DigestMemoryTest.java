package dev.jbuild.engine.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.linux.Stat;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigestMemoryTest {
  private static final Clock NOW = Clock.fixed(Instant.ofEpochSecond(1_000), ZoneOffset.UTC);

  @TempDir private Path folder;

  private Path file() {
    return folder.resolve("memory/digests");
  }

  private static Stat stat(long inode, long mtime, int nanos, long ctime) {
    return new Stat(7, inode, 0100644, 1, 0, 0, 0, 0, 10, 8, mtime, nanos, ctime, nanos);
  }

  private static Digest digest(long number) {
    return Digest.of(Long.toString(number).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
  }

  private DigestMemory reloaded(DigestMemory memory) throws IOException {
    memory.save();
    return DigestMemory.load(file(), NOW);
  }

  @Test
  void remembersEachOfManyFilesAndNoOther() throws IOException {
    DigestMemory memory = DigestMemory.load(file(), NOW);
    for (int i = 0; i < 5_000; i++) {
      Digest digest = digest(i);
      memory.learn(stat(i, -i, i, 500), () -> digest);
    }
    memory = reloaded(memory);
    for (int i = 0; i < 5_000; i++) {
      assertThat(memory.find(stat(i, -i, i, 500))).contains(digest(i));
      assertThat(memory.find(stat(i, -i, i, 501))).isEmpty();
      assertThat(memory.find(stat(i + 5_000, -i, i, 500))).isEmpty();
    }
  }

  @Test
  void forgetsWhatABuildDoesNotAskForAndKeepsWhatItDoes() throws IOException {
    DigestMemory memory = DigestMemory.load(file(), NOW);
    memory.learn(stat(1, 1, 0, 500), () -> digest(1));
    memory.learn(stat(2, 1, 0, 500), () -> digest(2));
    memory = reloaded(memory);
    assertThat(memory.find(stat(1, 1, 0, 500))).isPresent();
    memory.learn(stat(3, 1, 0, 500), () -> digest(3));
    memory = reloaded(memory);
    assertThat(memory.find(stat(1, 1, 0, 500))).contains(digest(1));
    assertThat(memory.find(stat(2, 1, 0, 500))).isEmpty();
    assertThat(memory.find(stat(3, 1, 0, 500))).contains(digest(3));
  }

  @Test
  void doesNotRememberWhatChangedJustNow() throws IOException {
    DigestMemory memory = DigestMemory.load(file(), NOW);
    memory.learn(stat(1, 0, 0, 999), () -> digest(1));
    memory.learn(stat(2, 0, 0, 998), () -> digest(2));
    assertThat(memory.find(stat(1, 0, 0, 999))).isEmpty();
    assertThat(memory.find(stat(2, 0, 0, 998))).isPresent();
  }

  @Test
  void timeIsThatBeforeTheRead() throws IOException {
    AtomicLong seconds = new AtomicLong(999);
    Clock clock =
        new Clock() {
          @Override
          public ZoneOffset getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return Instant.ofEpochSecond(seconds.get());
          }
        };
    DigestMemory memory = DigestMemory.load(file(), clock);
    Digest read =
        memory.learn(
            stat(1, 0, 0, 998),
            () -> {
              seconds.set(1_100);
              return digest(1);
            });
    assertThat(read).isEqualTo(digest(1));
    assertThat(memory.find(stat(1, 0, 0, 998))).isEmpty();
  }

  @Test
  void saveThatFailsLeavesNothing() throws IOException {
    DigestMemory memory = DigestMemory.load(file(), NOW);
    memory.learn(stat(1, 1, 0, 500), () -> digest(1));
    Files.createDirectories(file().resolve("in the way"));
    assertThatThrownBy(memory::save).isInstanceOf(IOException.class);
    try (Stream<Path> left = Files.list(file().getParent())) {
      assertThat(left).containsExactly(file());
    }
  }

  @Test
  void takesNothingFromADamagedFile() throws IOException {
    DigestMemory memory = DigestMemory.load(file(), NOW);
    memory.learn(stat(1, 1, 0, 500), () -> digest(1));
    memory.save();
    byte[] good = Files.readAllBytes(file());
    for (int length : new int[] {0, 3, 8, good.length - 1}) {
      Files.write(file(), Arrays.copyOf(good, length));
      assertThat(DigestMemory.load(file(), NOW).find(stat(1, 1, 0, 500))).isEmpty();
    }
    byte[] other = good.clone();
    other[0] ^= 1;
    Files.write(file(), other);
    assertThat(DigestMemory.load(file(), NOW).find(stat(1, 1, 0, 500))).isEmpty();
    other = good.clone();
    other[4] = (byte) 0xff;
    Files.write(file(), other);
    assertThat(DigestMemory.load(file(), NOW).find(stat(1, 1, 0, 500))).isEmpty();
  }
}
