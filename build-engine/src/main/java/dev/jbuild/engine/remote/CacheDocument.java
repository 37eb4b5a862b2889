package dev.jbuild.engine.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.CacheRecord;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The records of a shared cache, and where the layers they name can be had.
 *
 * <p>As JSON it has three tables. {@code layers}: a diffID each, when a step made it, and its blob
 * (without a time and a blob for a base image's, which comes with the base image; without a blob
 * inline, where the image's manifest has it). {@code stacks}: root file systems, each the number of
 * the stack below it, or -1, and of the layer on top. {@code records}: step, definition key,
 * content key, the number of the stack, and the definition key's fields. {@code files} says which
 * blobs hold the lists of files whose digests are in those fields. Equal caches give equal bytes.
 *
 * @param entries in the order of the build
 * @param blobs of the layers that steps made
 * @param listings blobs of lists of files, by the digest of the list
 */
public record CacheDocument(
    List<Entry> entries, Map<DiffId, Descriptor> blobs, Map<Digest, Descriptor> listings) {

  /** Of the document, as the config of a manifest. */
  public static final MediaType MEDIA_TYPE =
      new MediaType("application/vnd.jbuild.cache.config.v1+json");

  /** Of a list of files, compressed with gzip. */
  public static final MediaType LISTING =
      new MediaType("application/vnd.jbuild.cache.files.v1+gzip");

  /** The field of an image config that an inline cache is in. */
  public static final String INLINE = "dev.jbuild.cache.v1";

  private static final int FORMAT = 1;

  /**
   * A record of a step.
   *
   * @param step its id
   */
  public record Entry(String step, CacheRecord record) {}

  public CacheDocument {
    entries = List.copyOf(entries);
    blobs = Map.copyOf(blobs);
    listings = Map.copyOf(listings);
  }

  public ObjectNode toJson() {
    ObjectNode root = Json.object();
    root.put("format", FORMAT);
    ArrayNode layers = root.putArray("layers");
    ArrayNode stacks = root.putArray("stacks");
    ArrayNode records = root.putArray("records");
    Map<StackLayer, Integer> layerNumbers = new LinkedHashMap<>();
    Map<List<Integer>, Integer> stackNumbers = new LinkedHashMap<>();
    for (Entry entry : entries) {
      int stack = -1;
      for (StackLayer layer : entry.record().layers()) {
        Integer number = layerNumbers.get(layer);
        if (number == null) {
          number = layerNumbers.size();
          layerNumbers.put(layer, number);
          layers.add(toJson(layer));
        }
        List<Integer> pair = List.of(stack, number);
        Integer known = stackNumbers.get(pair);
        if (known == null) {
          known = stackNumbers.size();
          stackNumbers.put(pair, known);
          stacks.addArray().add(stack).add(number);
        }
        stack = known;
      }
      records.add(toJson(entry, stack));
    }
    ObjectNode files = Json.object();
    new TreeMap<>(listings).forEach((digest, blob) -> files.set(digest.toString(), blob.toJson()));
    if (!files.isEmpty()) {
      root.set("files", files);
    }
    return root;
  }

  private ObjectNode toJson(StackLayer layer) {
    ObjectNode node = Json.object().put("diffId", layer.diffId().toString());
    layer.madeAt().ifPresent(made -> node.put("made", made.toString()));
    Descriptor blob = blobs.get(layer.diffId());
    if (blob != null) {
      node.set("blob", blob.toJson());
    }
    return node;
  }

  private static ObjectNode toJson(Entry entry, int stack) {
    CacheRecord record = entry.record();
    ObjectNode node = Json.object();
    node.put("step", entry.step());
    node.put("key", record.key().toString());
    record.content().ifPresent(content -> node.put("content", content.toString()));
    node.put("stack", stack);
    ArrayNode fields = node.putArray("fields");
    for (CacheKey.Field field : record.fields()) {
      ArrayNode row = fields.addArray().add(field.label());
      field.values().forEach(row::add);
    }
    return node;
  }

  /**
   * Reads a document of any origin.
   *
   * @param origin where it comes from, for its records
   * @throws BuildFailure of kind {@code CORRUPT} if it is none, {@code UNSUPPORTED} if it is of
   *     another version
   */
  public static CacheDocument parse(JsonNode root, String origin) {
    if (root.path("format").asInt() != FORMAT) {
      throw new BuildFailure(
          Kind.UNSUPPORTED,
          "the cache has the format " + root.path("format").asText() + ", not " + FORMAT);
    }
    try {
      return new Reader(root, origin).read();
    } catch (IllegalArgumentException | IndexOutOfBoundsException | java.time.DateTimeException e) {
      throw new BuildFailure(Kind.CORRUPT, "the cache is damaged: " + e.getMessage(), e);
    }
  }

  /** Reads the tables; each may only refer to what stands before it, so there are no loops. */
  private static final class Reader {
    /** Of all stacks together, which are held as lists: 500 steps have an eighth of a million. */
    private static final int MOST_LAYERS = 2_000_000;

    private final JsonNode root;
    private final String origin;
    private final List<StackLayer> layers = new ArrayList<>();
    private final Map<DiffId, Descriptor> blobs = new LinkedHashMap<>();
    private final Map<Digest, Descriptor> listings = new LinkedHashMap<>();
    private int held;

    Reader(JsonNode root, String origin) {
      this.root = root;
      this.origin = origin;
    }

    CacheDocument read() {
      for (JsonNode node : root.path("layers")) {
        DiffId diffId = DiffId.parse(node.path("diffId").asText());
        layers.add(new StackLayer(diffId, time(node.path("made"))));
        if (node.has("blob")) {
          blobs.put(diffId, Descriptor.parse(node.path("blob"), "the cache"));
        }
      }
      for (Map.Entry<String, JsonNode> file : root.path("files").properties()) {
        listings.put(Digest.parse(file.getKey()), Descriptor.parse(file.getValue(), "the cache"));
      }
      List<Entry> entries = new ArrayList<>();
      for (JsonNode node : root.path("records")) {
        entries.add(new Entry(node.path("step").asText(), record(node)));
      }
      return new CacheDocument(entries, blobs, listings);
    }

    private CacheRecord record(JsonNode node) {
      List<CacheKey.Field> fields = new ArrayList<>();
      for (JsonNode row : node.path("fields")) {
        List<String> texts = new ArrayList<>();
        row.forEach(text -> texts.add(text.asText()));
        fields.add(new CacheKey.Field(texts.get(0), texts.subList(1, texts.size())));
      }
      return new CacheRecord(
          Digest.parse(node.path("key").asText()),
          fields,
          stack(node.path("stack").asInt(-1)),
          Digest.tryParse(node.path("content").asText()).orElse(null),
          origin);
    }

    private List<StackLayer> stack(int top) {
      List<StackLayer> found = new ArrayList<>();
      for (int at = top; at >= 0; ) {
        JsonNode pair = root.path("stacks").path(at);
        int below = pair.path(0).asInt(at);
        if (below >= at || ++held > MOST_LAYERS) {
          throw new IllegalArgumentException("stack " + at + " is too tall");
        }
        found.add(layers.get(pair.path(1).asInt(-1)));
        at = below;
      }
      return found.reversed();
    }

    private static @Nullable Instant time(JsonNode node) {
      return node.isTextual() ? Instant.parse(node.asText()) : null;
    }
  }
}
