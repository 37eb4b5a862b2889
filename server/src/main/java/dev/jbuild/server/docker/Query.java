package dev.jbuild.server.docker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * The parameters of a request as Docker's clients write them. They send many that say nothing: an
 * empty text, 0, {@code null}, {@code {}} or {@code []} is as good as none.
 */
public final class Query {
  private static final Set<String> NOTHING = Set.of("", "0", "null", "[]", "{}");
  private static final Set<String> FALSE = Set.of("", "0", "no", "false", "none");

  private final MultiMap values;

  /** Over a request's query. */
  public Query(MultiMap values) {
    this.values = values;
  }

  /**
   * Refuses what nobody reads.
   *
   * @param known names of parameters
   */
  public void allow(Set<String> known) {
    for (String name : values.names()) {
      if (!known.contains(name)) {
        throw new BuildFailure(
            BuildFailure.Kind.USER,
            "unknown parameter \"" + name + "\"",
            "the parameters are " + String.join(", ", new TreeSet<>(known)),
            null);
      }
    }
  }

  /** Refuses a parameter that says something; {@code why} follows its name in the message. */
  public void refuse(String name, String why) {
    if (isGiven(name)) {
      throw new BuildFailure(BuildFailure.Kind.UNSUPPORTED, name + " " + why);
    }
  }

  /** Whether it says something. */
  public boolean isGiven(String name) {
    return values.getAll(name).stream().anyMatch(value -> !NOTHING.contains(value.strip()));
  }

  /** All that are not empty. */
  public List<String> texts(String name) {
    return values.getAll(name).stream().filter(value -> !value.isEmpty()).toList();
  }

  /** The only one. */
  public Optional<String> text(String name) {
    List<String> texts = texts(name);
    if (texts.size() > 1) {
      throw invalid("\"" + name + "\" is given more than once");
    }
    return texts.stream().findFirst();
  }

  /** As dockerd reads it: everything is true but a few words. */
  public boolean flag(String name) {
    return text(name)
        .map(value -> !FALSE.contains(value.strip().toLowerCase(Locale.ROOT)))
        .orElse(false);
  }

  /** A whole number; empty for 0. */
  public OptionalLong number(String name) {
    Optional<String> text = text(name);
    try {
      long value = text.isEmpty() ? 0 : Long.parseLong(text.get().strip());
      return value == 0 ? OptionalLong.empty() : OptionalLong.of(value);
    } catch (NumberFormatException e) {
      throw invalid(name + " \"" + text.orElse("") + "\" is not a whole number");
    }
  }

  /** A JSON object of texts; a name whose value is null says nothing. */
  public Map<String, String> map(String name) {
    JsonNode node = json(name);
    if (!node.isObject() && !node.isNull()) {
      throw invalid(name + " is not a JSON object");
    }
    Map<String, String> map = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (!entry.getValue().isNull()) {
        map.put(entry.getKey(), textual(name, entry.getValue()));
      }
    }
    return map;
  }

  /** A JSON array of texts. */
  public List<String> list(String name) {
    List<String> list = new ArrayList<>();
    items(name).forEach(item -> list.add(textual(name, item)));
    return list;
  }

  /** A JSON array; empty if there is none. */
  public List<JsonNode> items(String name) {
    JsonNode node = json(name);
    if (!node.isArray() && !node.isNull()) {
      throw invalid(name + " is not a JSON array");
    }
    List<JsonNode> items = new ArrayList<>();
    node.forEach(items::add);
    return items;
  }

  /**
   * {@code filters}: values by name, written as {@code {"name": ["value"]}} or, as older clients
   * do, {@code {"name": {"value": true}}}.
   *
   * @param known names that have a meaning
   */
  public Map<String, List<String>> filters(Set<String> known) {
    Map<String, List<String>> filters = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : json("filters").properties()) {
      if (!known.contains(entry.getKey())) {
        throw invalid("invalid filter \"" + entry.getKey() + "\"");
      }
      List<String> wanted = new ArrayList<>();
      entry.getValue().fieldNames().forEachRemaining(wanted::add);
      entry
          .getValue()
          .forEach(value -> {
            if (value.isTextual()) {
              wanted.add(value.asText());
            }
          });
      filters.put(entry.getKey(), wanted);
    }
    return filters;
  }

  private JsonNode json(String name) {
    try {
      return Json.mapper().readTree(text(name).orElse("null"));
    } catch (JsonProcessingException e) {
      throw invalid(name + " is not JSON");
    }
  }

  private static String textual(String name, JsonNode value) {
    if (!value.isTextual()) {
      throw invalid(name + " holds something else than texts");
    }
    return value.asText();
  }

  private static BuildFailure invalid(String message) {
    return new BuildFailure(BuildFailure.Kind.USER, message);
  }
}
