package dev.jbuild.engine.cache;

import dev.jbuild.engine.cache.CacheKey.Field;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.DiskFailures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers which key each step of a Dockerfile last had, so that a miss can be explained by what
 * changed since.
 *
 * <p>A build is named by its context, Dockerfile and target; a step by its id within the build.
 * Only digests of keys are kept here; the fields come from the {@link CacheRecords}.
 */
public final class MissReasons {
  private static final int LONGEST_VALUE = 80;

  private final Path directory;
  private final CacheRecords records;
  private final ImportedRecords imports;
  private final FileManifests manifests;

  /**
   * @param directory for this build's steps
   * @param imports what a step is compared with that was not built here before
   */
  public MissReasons(
      Path directory, CacheRecords records, ImportedRecords imports, FileManifests manifests) {
    this.directory = directory;
    this.records = records;
    this.imports = imports;
    this.manifests = manifests;
  }

  /** Notes the key that a step has now. */
  public void remember(String stepId, CacheKey key) {
    try {
      WholeFile.replace(file(stepId), key.digest().toString().getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw DiskFailures.of("keep the key of a step", e);
    }
  }

  /** Why the step is not in the cache, in one line, which no terminal takes for a command. */
  public String explain(String stepId, CacheKey key) {
    StringBuilder line = new StringBuilder();
    compareWithLast(stepId, key)
        .codePoints()
        .forEach(c -> line.appendCodePoint(Character.isISOControl(c) ? ' ' : c));
    return line.toString();
  }

  private String compareWithLast(String stepId, CacheKey key) {
    Optional<CacheRecord> before = last(stepId).flatMap(records::find);
    if (before.isEmpty()) {
      return explainByImports(stepId, key);
    }
    List<String> changes = compare(before.get().fields(), key.fields());
    return changes.isEmpty() ? "its layers are gone from the store" : String.join("; ", changes);
  }

  /** Of several results of the step the nearest one tells most. */
  private String explainByImports(String stepId, CacheKey key) {
    String reason = "not built before";
    int fewest = Integer.MAX_VALUE;
    for (CacheRecord record : imports.ofStep(stepId)) {
      long different = key.fields().stream().filter(f -> !record.fields().contains(f)).count();
      if (different < fewest) {
        fewest = (int) different;
        List<String> changes = compare(record.fields(), key.fields());
        reason =
            changes.isEmpty()
                ? "its layers are gone from " + record.origin()
                : "since " + record.origin() + ": " + String.join("; ", changes);
      }
    }
    return reason;
  }

  private List<String> compare(List<Field> before, List<Field> now) {
    Map<String, List<String>> old = byLabel(before);
    Map<String, List<String>> current = byLabel(now);
    List<String> changes = new ArrayList<>();
    for (Map.Entry<String, List<String>> field : current.entrySet()) {
      List<String> was = old.remove(field.getKey());
      if (was == null) {
        changes.add(field.getKey() + " is new");
      } else if (!was.equals(field.getValue())) {
        changes.add(change(field.getKey(), was, field.getValue()));
      }
    }
    old.keySet().forEach(label -> changes.add(label + " is gone"));
    return changes;
  }

  private String change(String label, List<String> was, List<String> is) {
    if (label.equals(FileManifests.FIELD)) {
      return manifests.compare(was.getFirst(), is.getFirst());
    }
    if (label.startsWith("input")) {
      return "an earlier step changed";
    }
    String before = shorten(String.join(" ", was));
    String now = shorten(String.join(" ", is));
    return before.equals(now) ? label + " changed" : label + ": " + before + " → " + now;
  }

  private static String shorten(String value) {
    return value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE) + "…";
  }

  private static Map<String, List<String>> byLabel(List<Field> fields) {
    Map<String, List<String>> map = new LinkedHashMap<>();
    for (Field field : fields) {
      map.put(field.label(), field.values());
    }
    return map;
  }

  private Optional<Digest> last(String stepId) {
    try {
      return Digest.tryParse(Files.readString(file(stepId)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Path file(String stepId) {
    return directory.resolve(Digest.of(stepId.getBytes(StandardCharsets.UTF_8)).hex());
  }
}
