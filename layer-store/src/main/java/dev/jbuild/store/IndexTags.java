package dev.jbuild.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Tags as entries of {@code index.json}. Entries that other tools made are kept byte for byte in
 * meaning: those without a name, and fields this code does not know.
 */
final class IndexTags implements TagStore {
  /** Bytes on disk to free for a new index on a full disk, beside its size. */
  private static final long ROOM = 64 << 10;

  private final StoreLayout layout;
  private final BlobStore blobs;

  IndexTags(StoreLayout layout, BlobStore blobs) {
    this.layout = layout;
    this.blobs = blobs;
  }

  @Override
  public Optional<Descriptor> get(String name) {
    Optional<Descriptor> found = Optional.ofNullable(list().get(name));
    found.ifPresent(target -> blobs.contains(target.digest()));
    return found;
  }

  @Override
  public void put(String name, Descriptor target) {
    if (name.isBlank()) {
      throw new BuildFailure(BuildFailure.Kind.USER, "a tag is empty");
    }
    if (!blobs.contains(target.digest())) {
      throw DirectoryBlobStore.missing(target.digest());
    }
    ObjectNode entry = target.withAnnotation(Descriptor.REF_NAME, name).toJson();
    change(
        layout,
        "tag \"" + name + "\"",
        false,
        entries -> {
          entries.removeIf(other -> isNamed(other, name));
          entries.add(entry);
          return true;
        });
  }

  /**
   * {@inheritDoc}
   *
   * <p>The index is replaced by a new file, for which a full disk has no room. Whoever removes
   * names wants room, so a little of what can be made again goes then.
   */
  @Override
  public boolean remove(String name) {
    String doing = "remove tag \"" + name + "\"";
    Change removal = entries -> entries.removeIf(entry -> isNamed(entry, name));
    try {
      return tryChange(layout, false, removal);
    } catch (IOException e) {
      if (!DiskFailures.isFull(e)) {
        throw DiskFailures.of(doing, e);
      }
    }
    try {
      Collector collector = new Collector(layout);
      collector.prune(
          PruneOptions.keep(
              Math.max(0, collector.usage().total() - Files.size(layout.index()) - ROOM)));
    } catch (IOException e) {
      throw DiskFailures.of(doing, e);
    }
    return change(layout, doing, false, removal);
  }

  /** Removes a broken entry, for a caller that has the collector's lock. */
  static void remove(StoreLayout layout, Descriptor entry) {
    change(
        layout,
        "remove a broken entry",
        true,
        entries ->
            entries.removeIf(node ->
                node.path("digest").asText().equals(entry.digest().toString())
                    && isNamed(node, entry.annotation(Descriptor.REF_NAME).orElse(""))));
  }

  @Override
  public SortedMap<String, Descriptor> list() {
    SortedMap<String, Descriptor> all = new TreeMap<>();
    for (Descriptor entry : entries(layout)) {
      entry.annotation(Descriptor.REF_NAME).ifPresent(name -> all.put(name, entry));
    }
    return Collections.unmodifiableSortedMap(all);
  }

  /** Every entry of the index, those without a name included. */
  static List<Descriptor> entries(StoreLayout layout) {
    List<Descriptor> all = new ArrayList<>();
    for (JsonNode entry : manifests(read(layout))) {
      all.add(Descriptor.parse(entry, "an entry of " + layout.index()));
    }
    return all;
  }

  static byte[] emptyIndex() {
    ObjectNode index = Json.object();
    index.put("schemaVersion", 2);
    index.put("mediaType", MediaType.OCI_INDEX.value());
    index.putArray("manifests");
    return Json.indented(index);
  }

  private interface Change {
    boolean apply(List<JsonNode> entries);
  }

  private static boolean change(StoreLayout layout, String doing, boolean alone, Change change) {
    try {
      return tryChange(layout, alone, change);
    } catch (IOException e) {
      throw DiskFailures.of(doing, e);
    }
  }

  private static boolean tryChange(StoreLayout layout, boolean alone, Change change)
      throws IOException {
    try (var _ = LockFile.exclusive(layout.lock("index"))) {
      ObjectNode index = read(layout);
      List<JsonNode> entries = new ArrayList<>();
      manifests(index).forEach(entries::add);
      if (!change.apply(entries)) {
        return false;
      }
      index.putArray("manifests").addAll(entries);
      if (alone) {
        DurableFiles.replaceAlone(layout, layout.index(), Json.indented(index));
      } else {
        DurableFiles.replace(layout, layout.index(), Json.indented(index));
      }
      return true;
    }
  }

  private static ObjectNode read(StoreLayout layout) {
    try {
      return Json.parseObject(Files.readAllBytes(layout.index()), layout.index().toString());
    } catch (IOException e) {
      throw DiskFailures.of("read the tags of " + layout.root(), e);
    }
  }

  private static Iterable<JsonNode> manifests(ObjectNode index) {
    return index.get("manifests") instanceof ArrayNode array ? array : List.of();
  }

  private static boolean isNamed(JsonNode entry, String name) {
    return entry.path("annotations").path(Descriptor.REF_NAME).asText().equals(name);
  }
}
