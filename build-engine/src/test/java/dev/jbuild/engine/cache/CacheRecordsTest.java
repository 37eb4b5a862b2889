package dev.jbuild.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CacheRecordsTest {
  private static final Digest CONTENT = Digest.of(new byte[] {3});

  @TempDir Path folder;

  private final Clock clock = Clock.fixed(Instant.ofEpochMilli(1_234_567), ZoneOffset.UTC);
  private final CacheKey key = CacheKey.of("run").add("command", List.of("a", "b")).build();
  private final List<StackLayer> layers =
      List.of(
          new StackLayer(new DiffId(Digest.of(new byte[] {1})), null),
          new StackLayer(new DiffId(Digest.of(new byte[] {2})), Instant.ofEpochMilli(5)));

  @Test
  void whatIsPutIsFoundWhole() throws IOException {
    CacheRecords records = new CacheRecords(folder, clock);
    records.put(CacheRecord.of(key, layers, CONTENT));
    assertThat(records.find(key.digest())).contains(CacheRecord.of(key, layers, CONTENT));
  }

  @Test
  void recordRemembersWhereItWasImportedFrom() throws IOException {
    CacheRecords records = new CacheRecords(folder, clock);
    CacheRecord imported = new CacheRecord(key.digest(), key.fields(), layers, null, "host/cache");
    records.put(imported);
    assertThat(records.find(key.digest())).contains(imported);
  }

  @Test
  void tornRecordIsAMissAndGoes() throws IOException {
    CacheRecords records = new CacheRecords(folder, clock);
    records.put(CacheRecord.of(key, layers, CONTENT));
    Path file;
    try (var files = Files.walk(folder)) {
      file = files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, whole.length / 2, whole.length - 1}) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThat(records.find(key.digest())).isEmpty();
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void recordUnderAnotherKeysNameIsAMiss() throws IOException {
    CacheRecords records = new CacheRecords(folder, clock);
    records.put(CacheRecord.of(key, layers, CONTENT));
    CacheKey other = CacheKey.of("copy").build();
    records.put(CacheRecord.of(other, layers, CONTENT));
    String hex = key.digest().hex();
    String otherHex = other.digest().hex();
    Files.copy(
        folder.resolve(hex.substring(0, 2)).resolve(hex),
        folder.resolve(otherHex.substring(0, 2)).resolve(otherHex),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(records.find(other.digest())).isEmpty();
  }
}
