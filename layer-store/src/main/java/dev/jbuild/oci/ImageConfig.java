package dev.jbuild.oci;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An image config (OCI image-spec config.md, with Docker's additions): the platform, how a
 * container starts, the layers' diffIDs and how each came about.
 *
 * <p>A value for making new configs. The bytes of a config that was read are in the blob store, and
 * whoever passes an image on passes those; {@link #toBytes} is for configs that jbuild makes.
 *
 * @param created null where the config does not say
 * @param extra top-level fields this type does not know, by name, each value as JSON text; kept
 *     when a config is read and written
 */
public record ImageConfig(
    @Nullable Instant created,
    String author,
    Platform platform,
    RuntimeConfig config,
    List<DiffId> diffIds,
    List<History> history,
    SortedMap<String, String> extra) {

  private static final Set<String> KNOWN =
      Set.of(
          "created",
          "author",
          "architecture",
          "os",
          "variant",
          "os.version",
          "os.features",
          "config",
          "rootfs",
          "history");

  public ImageConfig {
    diffIds = List.copyOf(diffIds);
    history = List.copyOf(history);
    extra = Collections.unmodifiableSortedMap(new TreeMap<>(extra));
  }

  /** No layers, no history, nothing set but the platform. */
  public static ImageConfig empty(Platform platform) {
    return new ImageConfig(
        null,
        "",
        platform,
        RuntimeConfig.EMPTY,
        List.of(),
        List.of(),
        Collections.emptySortedMap());
  }

  /**
   * Reads a config.
   *
   * @throws dev.jbuild.failure.BuildFailure of kind {@code CORRUPT} if it is none
   */
  public static ImageConfig parse(byte[] bytes) {
    String what = "image config " + Digest.of(bytes);
    JsonReader reader = JsonReader.of(Json.parseObject(bytes, what), what);
    SortedMap<String, String> extra = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : reader.node().properties()) {
      if (!KNOWN.contains(field.getKey())) {
        extra.put(field.getKey(), field.getValue().toString());
      }
    }
    return new ImageConfig(
        reader.time("created").orElse(null),
        reader.text("author"),
        new Platform(
            reader.text("os"),
            reader.text("architecture"),
            reader.text("variant"),
            reader.text("os.version"),
            reader.texts("os.features")),
        reader.child("config").map(ConfigJson::runtimeConfig).orElse(RuntimeConfig.EMPTY),
        reader
            .child("rootfs")
            .map(rootfs -> rootfs.texts("diff_ids").stream().map(DiffId::parse).toList())
            .orElse(List.of()),
        reader.children("history").stream().map(ConfigJson::history).toList(),
        extra);
  }

  /** As JSON on one line, in BuildKit's field order; equal configs give equal bytes. */
  public byte[] toBytes() {
    return Json.compact(ConfigJson.toJson(this));
  }

  /** When the image was made, if the config says so. */
  public Optional<Instant> createdAt() {
    return Optional.ofNullable(created);
  }

  public ImageConfig withCreated(@Nullable Instant other) {
    return new ImageConfig(other, author, platform, config, diffIds, history, extra);
  }

  public ImageConfig withAuthor(String other) {
    return new ImageConfig(created, other, platform, config, diffIds, history, extra);
  }

  public ImageConfig withPlatform(Platform other) {
    return new ImageConfig(created, author, other, config, diffIds, history, extra);
  }

  public ImageConfig withConfig(RuntimeConfig other) {
    return new ImageConfig(created, author, platform, other, diffIds, history, extra);
  }

  public ImageConfig withDiffIds(List<DiffId> other) {
    return new ImageConfig(created, author, platform, config, other, history, extra);
  }

  public ImageConfig withHistory(List<History> other) {
    return new ImageConfig(created, author, platform, config, diffIds, other, extra);
  }

  public ImageConfig withExtra(Map<String, String> other) {
    return new ImageConfig(
        created, author, platform, config, diffIds, history, new TreeMap<>(other));
  }
}
