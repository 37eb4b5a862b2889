package dev.jbuild.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Typed look-ups in a JSON object of an image. A missing field and a null are the same, as in Go; a
 * field of the wrong type is {@code CORRUPT} and is named.
 */
record JsonReader(ObjectNode node, String what) {

  static JsonReader of(JsonNode node, String what) {
    if (node instanceof ObjectNode object) {
      return new JsonReader(object, what);
    }
    throw new BuildFailure(BuildFailure.Kind.CORRUPT, what + " is not a JSON object");
  }

  Optional<JsonNode> field(String name) {
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  Optional<JsonReader> child(String name) {
    return field(name).map(value -> of(value, "\"" + name + "\" of " + what));
  }

  List<JsonReader> children(String name) {
    List<JsonReader> all = new ArrayList<>();
    for (JsonNode item : items(name)) {
      all.add(of(item, "an entry of \"" + name + "\" of " + what));
    }
    return all;
  }

  Optional<String> optionalText(String name) {
    return field(name)
        .map(value -> {
          if (!value.isTextual()) {
            throw wrong(name, "a string");
          }
          return value.textValue();
        });
  }

  String text(String name) {
    return optionalText(name).orElse("");
  }

  String requiredText(String name) {
    return optionalText(name).orElseThrow(() -> missing(name));
  }

  boolean flag(String name) {
    return field(name)
        .map(value -> {
          if (!value.isBoolean()) {
            throw wrong(name, "a boolean");
          }
          return value.booleanValue();
        })
        .orElse(false);
  }

  long number(String name) {
    return field(name)
        .map(value -> {
          if (!value.canConvertToLong() || !value.isIntegralNumber()) {
            throw wrong(name, "a whole number");
          }
          return value.longValue();
        })
        .orElse(0L);
  }

  long requiredSize(String name) {
    if (field(name).isEmpty()) {
      throw missing(name);
    }
    return number(name);
  }

  Optional<Instant> time(String name) {
    return optionalText(name)
        .map(value -> {
          try {
            return OffsetDateTime.parse(value).toInstant();
          } catch (DateTimeException e) {
            throw wrong(name, "an RFC 3339 time");
          }
        });
  }

  List<String> texts(String name) {
    List<String> all = new ArrayList<>();
    for (JsonNode item : items(name)) {
      if (!item.isTextual()) {
        throw wrong(name, "a list of strings");
      }
      all.add(item.textValue());
    }
    return all;
  }

  SortedMap<String, String> textMap(String name) {
    return map(
        name,
        value -> {
          if (!value.isTextual()) {
            throw wrong(name, "an object of strings");
          }
          return value.textValue();
        });
  }

  <T> SortedMap<String, T> map(String name, Function<JsonNode, T> value) {
    SortedMap<String, T> all = new TreeMap<>();
    JsonNode object = field(name).orElse(Json.object());
    if (!(object instanceof ObjectNode entries)) {
      throw wrong(name, "an object");
    }
    for (Map.Entry<String, JsonNode> entry : entries.properties()) {
      all.put(entry.getKey(), value.apply(entry.getValue()));
    }
    return all;
  }

  private Iterable<JsonNode> items(String name) {
    JsonNode value = field(name).orElse(Json.array());
    if (!(value instanceof ArrayNode array)) {
      throw wrong(name, "a list");
    }
    return array;
  }

  private BuildFailure missing(String name) {
    return new BuildFailure(BuildFailure.Kind.CORRUPT, what + " has no \"" + name + "\"");
  }

  private BuildFailure wrong(String name, String wanted) {
    return new BuildFailure(
        BuildFailure.Kind.CORRUPT, "\"" + name + "\" of " + what + " is not " + wanted);
  }
}
