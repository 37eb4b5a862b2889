package dev.jbuild.oci;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The JSON form of {@link ImageConfig}.
 *
 * <p>BuildKit writes the top level from a Go map, so its keys are sorted, and everything below from
 * structs, so those keep the order of their declaration (OCI image-spec specs-go/v1/config.go, then
 * Docker's Healthcheck, OnBuild, Shell).
 */
final class ConfigJson {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .appendLiteral('Z')
          .toFormatter(Locale.ROOT);

  private ConfigJson() {}

  static RuntimeConfig runtimeConfig(JsonReader reader) {
    return new RuntimeConfig(
        reader.text("User"),
        new TreeSet<>(reader.map("ExposedPorts", any -> "").keySet()),
        reader.texts("Env"),
        commandLine(reader, "Entrypoint"),
        commandLine(reader, "Cmd"),
        new TreeSet<>(reader.map("Volumes", any -> "").keySet()),
        reader.text("WorkingDir"),
        reader.textMap("Labels"),
        reader.text("StopSignal"),
        reader.flag("ArgsEscaped"),
        reader.child("Healthcheck").map(ConfigJson::healthcheck).orElse(null),
        reader.texts("OnBuild"),
        commandLine(reader, "Shell"));
  }

  /** Docker's configs of old have a plain string where a list belongs (its "StrSlice"). */
  private static List<String> commandLine(JsonReader reader, String name) {
    return reader.field(name).filter(JsonNode::isTextual).isPresent()
        ? List.of(reader.text(name))
        : reader.texts(name);
  }

  private static Healthcheck healthcheck(JsonReader reader) {
    return new Healthcheck(
        reader.texts("Test"),
        duration(reader, "Interval"),
        duration(reader, "Timeout"),
        duration(reader, "StartPeriod"),
        duration(reader, "StartInterval"),
        Math.toIntExact(Math.clamp(reader.number("Retries"), 0, Integer.MAX_VALUE)));
  }

  private static Duration duration(JsonReader reader, String name) {
    return Duration.ofNanos(reader.number(name));
  }

  static History history(JsonReader reader) {
    return new History(
        reader.time("created").orElse(null),
        reader.text("created_by"),
        reader.text("author"),
        reader.text("comment"),
        reader.flag("empty_layer"));
  }

  static ObjectNode toJson(ImageConfig image) {
    SortedMap<String, JsonNode> top = new TreeMap<>();
    for (Map.Entry<String, String> extra : image.extra().entrySet()) {
      top.put(extra.getKey(), parse(extra.getKey(), extra.getValue()));
    }
    Platform platform = image.platform();
    putText(top, "architecture", platform.architecture());
    putText(top, "os", platform.os());
    putText(top, "os.version", platform.osVersion());
    putText(top, "variant", platform.variant());
    if (!platform.osFeatures().isEmpty()) {
      top.put("os.features", Json.array(platform.osFeatures()));
    }
    putText(top, "author", image.author());
    image.createdAt().ifPresent(created -> putText(top, "created", time(created)));
    top.put("config", toJson(image.config()));
    top.put("rootfs", rootfs(image.diffIds()));
    ArrayNode history = Json.array();
    image.history().forEach(entry -> history.add(toJson(entry)));
    top.put("history", history);
    ObjectNode node = Json.object();
    top.forEach(node::set);
    return node;
  }

  private static ObjectNode toJson(RuntimeConfig config) {
    ObjectNode node = Json.object();
    putText(node, "User", config.user());
    putKeys(node, "ExposedPorts", config.exposedPorts());
    putList(node, "Env", config.env());
    putList(node, "Entrypoint", config.entrypoint());
    putList(node, "Cmd", config.cmd());
    putKeys(node, "Volumes", config.volumes());
    putText(node, "WorkingDir", config.workingDir());
    if (!config.labels().isEmpty()) {
      node.set("Labels", Json.object(config.labels()));
    }
    putText(node, "StopSignal", config.stopSignal());
    if (config.argsEscaped()) {
      node.put("ArgsEscaped", true);
    }
    Healthcheck check = config.healthcheck();
    if (check != null) {
      node.set("Healthcheck", toJson(check));
    }
    putList(node, "OnBuild", config.onBuild());
    putList(node, "Shell", config.shell());
    return node;
  }

  private static ObjectNode toJson(Healthcheck check) {
    ObjectNode node = Json.object();
    putList(node, "Test", check.test());
    putNanos(node, "Interval", check.interval());
    putNanos(node, "Timeout", check.timeout());
    putNanos(node, "StartPeriod", check.startPeriod());
    putNanos(node, "StartInterval", check.startInterval());
    if (check.retries() != 0) {
      node.put("Retries", check.retries());
    }
    return node;
  }

  private static ObjectNode toJson(History entry) {
    ObjectNode node = Json.object();
    entry.createdAt().ifPresent(created -> node.put("created", time(created)));
    putText(node, "created_by", entry.createdBy());
    putText(node, "author", entry.author());
    putText(node, "comment", entry.comment());
    if (entry.emptyLayer()) {
      node.put("empty_layer", true);
    }
    return node;
  }

  private static ObjectNode rootfs(List<DiffId> diffIds) {
    ObjectNode node = Json.object();
    node.put("type", "layers");
    node.set("diff_ids", Json.array(diffIds.stream().map(DiffId::toString).toList()));
    return node;
  }

  /** RFC 3339 with no more digits of a second than needed, as Go prints it. */
  static String time(Instant instant) {
    return TIME.format(instant.atOffset(ZoneOffset.UTC));
  }

  private static JsonNode parse(String name, String json) {
    try {
      return Json.mapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "the config field \"" + name + "\" is not JSON", e);
    }
  }

  private static void putText(SortedMap<String, JsonNode> top, String name, String value) {
    if (!value.isEmpty()) {
      top.put(name, Json.object().textNode(value));
    }
  }

  private static void putText(ObjectNode node, String name, String value) {
    if (!value.isEmpty()) {
      node.put(name, value);
    }
  }

  private static void putList(ObjectNode node, String name, List<String> values) {
    if (!values.isEmpty()) {
      node.set(name, Json.array(values));
    }
  }

  /** A Go {@code map[string]struct{}}: the keys of an object of empty objects. */
  private static void putKeys(ObjectNode node, String name, Set<String> keys) {
    if (!keys.isEmpty()) {
      ObjectNode set = node.putObject(name);
      keys.forEach(set::putObject);
    }
  }

  private static void putNanos(ObjectNode node, String name, Duration duration) {
    if (!duration.isZero()) {
      node.put(name, duration.toNanos());
    }
  }
}
