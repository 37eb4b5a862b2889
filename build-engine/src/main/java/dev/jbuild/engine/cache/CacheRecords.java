package dev.jbuild.engine.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.store.DiskFailures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Cache records as one small file each, below {@code cache/records} of the store.
 *
 * <p>A record becomes visible whole or not at all (write, rename) and several processes may use the
 * same directory. It is not synced to disk: after a power cut a torn file is met as a miss and
 * replaced. A file's modification time is when its record was last used.
 */
public final class CacheRecords {
  private final Path directory;
  private final Clock clock;

  public CacheRecords(Path directory, Clock clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /** The record under a key, if there is one and it can be read. */
  public Optional<CacheRecord> find(Digest key) {
    Path file = file(key);
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      return Optional.empty();
    }
    Optional<CacheRecord> record = parse(bytes).filter(found -> found.key().equals(key));
    try {
      if (record.isPresent()) {
        Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
      } else {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // Another process may have removed it; what was read is still right.
    }
    return record;
  }

  /** Stores a result under its key, replacing what was there. */
  public void put(CacheRecord record) {
    try {
      WholeFile.replace(file(record.key()), bytes(record, clock.millis()));
    } catch (IOException e) {
      throw DiskFailures.of("keep the record of a step", e);
    }
  }

  /** Forgets a record, such as one whose layers are gone. */
  public void remove(Digest key) throws IOException {
    try {
      Files.deleteIfExists(file(key));
    } catch (NoSuchFileException e) {
      // Already gone.
    }
  }

  private Path file(Digest key) {
    return directory.resolve(key.hex().substring(0, 2)).resolve(key.hex());
  }

  private static byte[] bytes(CacheRecord record, long created) {
    ObjectNode root = Json.object();
    root.put("key", record.key().toString());
    root.put("created", created);
    record.content().ifPresent(content -> root.put("content", content.toString()));
    if (!record.origin().isEmpty()) {
      root.put("origin", record.origin());
    }
    ArrayNode layers = root.putArray("layers");
    for (StackLayer layer : record.layers()) {
      ArrayNode row = layers.addArray().add(layer.diffId().toString());
      layer.madeAt().ifPresent(made -> row.add(made.toString()));
    }
    ArrayNode fields = root.putArray("fields");
    for (CacheKey.Field field : record.fields()) {
      ArrayNode row = fields.addArray().add(field.label());
      field.values().forEach(row::add);
    }
    return Json.compact(root);
  }

  private static Optional<CacheRecord> parse(byte[] bytes) {
    try {
      JsonNode root = Json.parseObject(bytes, "cache record");
      List<StackLayer> layers = new ArrayList<>();
      for (JsonNode row : root.path("layers")) {
        JsonNode made = row.get(1);
        layers.add(
            new StackLayer(
                DiffId.parse(row.path(0).asText()),
                made == null ? null : Instant.parse(made.asText())));
      }
      List<CacheKey.Field> fields = new ArrayList<>();
      for (JsonNode row : root.path("fields")) {
        List<String> values = new ArrayList<>();
        row.forEach(value -> values.add(value.asText()));
        fields.add(new CacheKey.Field(values.getFirst(), values.subList(1, values.size())));
      }
      return Optional.of(
          new CacheRecord(
              Digest.parse(root.path("key").asText()),
              fields,
              layers,
              Digest.tryParse(root.path("content").asText()).orElse(null),
              root.path("origin").asText()));
    } catch (RuntimeException e) {
      return Optional.empty();
    }
  }
}
