package dev.jbuild.server;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.registry.ImageName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code cache-from} and {@code cache-to} of a build over HTTP: the command's flags with the keys
 * that choose a place and a mode; any other is refused. Directories are the machine's own and so
 * are none of a client's business: {@code type=local} is refused.
 */
final class CacheParameters {
  private static final Set<String> TO =
      Set.of("type", "ref", "mode", "compression", "force-compression", "ignore-error");

  private CacheParameters() {}

  static void from(List<String> texts, BuildRequest.Builder request) {
    for (String text : texts) {
      Map<String, String> values = values("cache-from", text);
      if (type("cache-from", values).equals("inline")) {
        throw invalid(
            "cache-from type=inline: an inline cache is read from its image",
            "cache-from=type=registry,ref=IMAGE");
      }
      allow("cache-from", values, Set.of("type", "ref"));
      request.cacheFrom(new CacheSource.Registry(name("cache-from", values)));
    }
  }

  static void to(List<String> texts, BuildRequest.Builder request) {
    for (String text : texts) {
      Map<String, String> values = values("cache-to", text);
      if (type("cache-to", values).equals("inline")) {
        allow("cache-to type=inline", values, Set.of("type"));
        request.cacheTo(new CacheTarget.Inline());
      } else {
        allow("cache-to", values, TO);
        request.cacheTo(new CacheTarget.Registry(name("cache-to", values), options(values)));
      }
    }
  }

  private static CacheTarget.Options options(Map<String, String> values) {
    String mode = values.getOrDefault("mode", "min");
    if (!mode.equals("min") && !mode.equals("max")) {
      throw invalid("cache-to: mode is min or max, not \"" + mode + "\"", null);
    }
    String compression = values.getOrDefault("compression", "gzip");
    return new CacheTarget.Options(
        mode.equals("max"),
        switch (compression) {
          case "gzip" -> Compression.gzip();
          case "zstd" -> Compression.zstd();
          case "uncompressed" -> Compression.uncompressed();
          default ->
              throw invalid(
                  "cache-to: compression is gzip, zstd or uncompressed, not \""
                      + compression
                      + "\"",
                  null);
        },
        flag(values, "force-compression"),
        flag(values, "ignore-error"));
  }

  private static boolean flag(Map<String, String> values, String name) {
    String value = values.getOrDefault(name, "false");
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default ->
          throw invalid("cache-to: " + name + " is true or false, not \"" + value + "\"", null);
    };
  }

  /** A value without any key is an image's name. */
  private static Map<String, String> values(String parameter, String text) {
    Map<String, String> values = new LinkedHashMap<>();
    if (text.indexOf('=') < 0 && text.indexOf(',') < 0) {
      values.put("type", "registry");
      values.put("ref", text);
      return values;
    }
    for (String field : text.split(",", -1)) {
      int equals = field.indexOf('=');
      if (equals <= 0) {
        throw invalid(parameter + " \"" + text + "\": \"" + field + "\" is not key=value", null);
      }
      String key = field.substring(0, equals).strip().toLowerCase(Locale.ROOT);
      values.put(key, field.substring(equals + 1));
    }
    return values;
  }

  private static String type(String parameter, Map<String, String> values) {
    String type = values.getOrDefault("type", "");
    return switch (type) {
      case "registry", "inline" -> type;
      case "local" ->
          throw invalid(
              parameter
                  + " type=local is not for builds over HTTP: it names a directory of the"
                  + " server",
              "use type=registry,ref=IMAGE");
      default ->
          throw invalid(
              parameter
                  + ": "
                  + (type.isEmpty() ? "type= is missing" : "unknown type \"" + type + "\""),
              "the types are registry and, for cache-to, inline");
    };
  }

  private static void allow(String parameter, Map<String, String> values, Set<String> keys) {
    for (String key : values.keySet()) {
      if (!keys.contains(key)) {
        throw invalid(
            parameter + " takes no \"" + key + "\"",
            "it takes " + String.join(", ", new TreeSet<>(keys)));
      }
    }
  }

  private static String name(String parameter, Map<String, String> values) {
    String ref = values.getOrDefault("ref", "");
    if (ref.isEmpty()) {
      throw invalid(parameter + " type=registry needs ref=", null);
    }
    ImageName.parse(ref);
    return ref;
  }

  private static BuildFailure invalid(
      String message, @org.jspecify.annotations.Nullable String hint) {
    return new BuildFailure(BuildFailure.Kind.USER, message, hint, null);
  }
}
