package dev.jbuild.server.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.image.HistoryRow;
import dev.jbuild.image.Image;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * An image in the answers of Docker's API. Sizes are those of the blobs, compressed as they are
 * stored; a digest of a repository is the one that the image has there once it is pushed.
 *
 * @param id of the config, or of the index of several platforms
 * @param target what its names stand for
 * @param shown the platform that is told about
 * @param tags its names; none for an image that was only built
 */
public record ImageJson(String id, Descriptor target, Image shown, List<String> tags) {
  private static final Instant NEVER = Instant.parse("0001-01-01T00:00:00Z");

  public ImageJson {
    tags = List.copyOf(tags);
  }

  /** The same image with the other's names, too. */
  public ImageJson with(ImageJson other) {
    List<String> all = new ArrayList<>(tags);
    all.addAll(other.tags);
    return withTags(all);
  }

  /** The same image with other names. */
  public ImageJson withTags(List<String> others) {
    return new ImageJson(id, target, shown, others);
  }

  /** The same image by another manifest or index that leads to it. */
  public ImageJson of(Descriptor other) {
    return new ImageJson(id, other, shown, tags);
  }

  public String shortId() {
    return BuildMessages.shortId(id);
  }

  private List<String> digests() {
    return tags.stream()
        .map(tag -> tag.substring(0, tag.lastIndexOf(':')) + "@" + target.digest())
        .distinct()
        .toList();
  }

  private Instant created() {
    return shown.config().createdAt().orElse(NEVER);
  }

  /** A row of {@code GET /images/json}. */
  public ObjectNode summary(ApiVersion version, JsonNode config) {
    ObjectNode node = Json.object();
    node.put("Id", id).put("ParentId", "");
    node.set("RepoTags", Json.array(tags));
    node.set("RepoDigests", Json.array(digests()));
    node.put("Created", created().getEpochSecond()).put("Size", shown.size());
    if (!version.isAtLeast(1, 44)) {
      node.put("VirtualSize", shown.size());
    }
    JsonNode labels = config.at("/config/Labels");
    node.set("Labels", labels.isObject() ? labels : Json.object());
    return node.put("SharedSize", -1).put("Containers", -1);
  }

  /**
   * {@code GET /images/NAME/json}.
   *
   * @param config the image's, as it is stored
   */
  public ObjectNode inspection(ApiVersion version, JsonNode config) {
    ObjectNode node = Json.object();
    node.put("Id", id);
    node.set("RepoTags", Json.array(tags));
    node.set("RepoDigests", Json.array(digests()));
    node.put("Parent", "")
        .put("Comment", config.path("comment").asText())
        .put("Created", created().toString())
        .put("DockerVersion", "")
        .put("Author", shown.config().author());
    JsonNode runtime = config.path("config");
    node.set("Config", runtime.isObject() ? runtime : Json.object());
    node.put("Architecture", shown.platform().architecture());
    if (!shown.platform().variant().isEmpty()) {
      node.put("Variant", shown.platform().variant());
    }
    node.put("Os", shown.platform().os()).put("Size", shown.size());
    if (!version.isAtLeast(1, 44)) {
      node.put("VirtualSize", shown.size());
    }
    ObjectNode driver = Json.object().put("Name", "jbuild");
    driver.putNull("Data");
    node.set("GraphDriver", driver);
    ObjectNode layers = Json.object().put("Type", "layers");
    layers.set(
        "Layers", Json.array(shown.config().diffIds().stream().map(Object::toString).toList()));
    node.set("RootFS", layers);
    node.set("Metadata", Json.object().put("LastTagTime", NEVER.toString()));
    return node;
  }

  /** {@code GET /images/NAME/history}: the newest step first. */
  public ArrayNode history(List<HistoryRow> rows) {
    ArrayNode history = Json.array();
    for (HistoryRow row : rows.reversed()) {
      boolean newest = history.isEmpty();
      ObjectNode node = Json.object();
      node.put("Id", newest ? id : "<missing>")
          .put("Created", row.step().createdAt().orElse(NEVER).getEpochSecond())
          .put("CreatedBy", row.step().createdBy());
      node.set("Tags", newest ? Json.array(tags) : null);
      history.add(node.put("Size", row.size()).put("Comment", row.step().comment()));
    }
    return history;
  }
}
