package dev.jbuild.engine.option;

import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.export.Exporters;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.ImageName;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * {@code cache-from} and {@code cache-to} with docker buildx's keys, as the command's flags and the
 * server's parameters have them.
 */
public final class CacheOptions {
  private static final Set<String> HOW =
      Set.of(
          "type",
          "mode",
          "compression",
          "compression-level",
          "force-compression",
          "ignore-error",
          "image-manifest",
          "oci-mediatypes");

  private final String from;
  private final String to;
  private final boolean directories;

  private CacheOptions(String from, String to, boolean directories) {
    this.from = from;
    this.to = to;
    this.directories = directories;
  }

  /** As flags of a command: {@code --cache-from}. */
  public static CacheOptions ofCommand() {
    return new CacheOptions("--cache-from", "--cache-to", true);
  }

  /**
   * As parameters of a request over a network: {@code cache-from}. Directories are the machine's
   * own and so are none of a client's business: {@code type=local} is refused.
   */
  public static CacheOptions ofRequest() {
    return new CacheOptions("cache-from", "cache-to", false);
  }

  /**
   * Reads one value of {@code cache-from}.
   *
   * @throws BuildFailure {@code USER} or {@code UNSUPPORTED}, if it is none
   */
  public CacheSource source(String text) {
    Map<String, String> values = values(from, text);
    return switch (type(from, values)) {
      case "registry" -> {
        allow(from, "registry", values, Set.of("type", "ref"));
        yield new CacheSource.Registry(name(from, values));
      }
      case "local" -> {
        allow(from, "local", values, Set.of("type", "src", "tag", "digest"));
        String digest = values.get("digest");
        yield new CacheSource.Local(
            path(from, values, "src"),
            values.getOrDefault("tag", "latest"),
            digest == null ? null : digest(digest));
      }
      default ->
          throw wrong(
              from + " type=inline: an inline cache is read from its image",
              from + (directories ? " " : "=") + "type=registry,ref=IMAGE");
    };
  }

  /**
   * Reads one value of {@code cache-to}.
   *
   * @param outputs of the build; a cache is compressed as they are unless it says otherwise
   * @throws BuildFailure {@code USER} or {@code UNSUPPORTED}, if it is none
   */
  public CacheTarget target(String text, List<Output> outputs) {
    Map<String, String> values = values(to, text);
    return switch (type(to, values)) {
      case "registry" -> {
        allow(to, "registry", values, with("ref"));
        yield new CacheTarget.Registry(name(to, values), options(values, outputs));
      }
      case "local" -> {
        allow(to, "local", values, with("dest", "tag"));
        yield new CacheTarget.Local(
            path(to, values, "dest"),
            values.getOrDefault("tag", "latest"),
            options(values, outputs));
      }
      default -> {
        allow(to, "inline", values, Set.of("type", "mode"));
        if (!values.getOrDefault("mode", "min").equals("min")) {
          throw wrong(
              to + " type=inline has mode=min only",
              "for every step of every stage, type=registry,mode=max,ref=IMAGE");
        }
        yield new CacheTarget.Inline();
      }
    };
  }

  /** A value without any key is an image's name. */
  private static Map<String, String> values(String flag, String text) {
    Map<String, String> values = new LinkedHashMap<>();
    List<String> fields = KeyValues.fields(text);
    if (fields.size() == 1 && text.indexOf('=') < 0) {
      values.put("type", "registry");
      values.put("ref", text);
      return values;
    }
    for (String field : fields) {
      int equals = field.indexOf('=');
      if (equals <= 0) {
        throw wrong(flag + " \"" + text + "\": \"" + field + "\" is not key=value", null);
      }
      String key = field.substring(0, equals).strip().toLowerCase(Locale.ROOT);
      values.put(key, field.substring(equals + 1));
    }
    return values;
  }

  private String type(String flag, Map<String, String> values) {
    String type = values.get("type");
    String types = "the types are registry" + (directories ? ", local" : "") + " and inline";
    if (type == null) {
      throw wrong(flag + " needs type=", types);
    }
    return switch (type) {
      case "registry", "inline" -> type;
      case "local" -> {
        if (!directories) {
          throw wrong(
              flag
                  + " type=local is not for builds over HTTP: it names a directory of the"
                  + " server",
              "use type=registry,ref=IMAGE");
        }
        yield type;
      }
      case "gha", "s3", "azblob" ->
          throw wrong(
              flag + " type=" + type + " is not supported",
              "use type=registry" + (directories ? instead(type) : ",ref=IMAGE"));
      default -> throw wrong(flag + ": unknown type \"" + type + "\"", types);
    };
  }

  private static String instead(String type) {
    return type.equals("gha")
        ? ",ref=ghcr.io/OWNER/REPO:cache, or type=local with a cache step"
        : ", or type=local and copy the directory there and back";
  }

  private static Set<String> with(String... more) {
    Set<String> keys = new TreeSet<>(HOW);
    keys.addAll(List.of(more));
    return keys;
  }

  private static void allow(
      String flag, String type, Map<String, String> values, Set<String> keys) {
    for (String key : values.keySet()) {
      if (!keys.contains(key)) {
        throw wrong(
            flag + " type=" + type + " takes no \"" + key + "\"",
            Nearest.hint(key, keys).orElse("it takes " + String.join(", ", new TreeSet<>(keys))));
      }
    }
  }

  private static String name(String flag, Map<String, String> values) {
    String ref = values.get("ref");
    if (ref == null || ref.isEmpty()) {
      throw wrong(flag + " type=registry needs ref=", null);
    }
    ImageName.parse(ref);
    return ref;
  }

  private static Path path(String flag, Map<String, String> values, String key) {
    String path = values.get(key);
    if (path == null || path.isEmpty()) {
      throw wrong(flag + " type=local needs " + key + "=", null);
    }
    return Path.of(path);
  }

  private Digest digest(String text) {
    return Digest.tryParse(text)
        .orElseThrow(() -> wrong(from + ": \"" + text + "\" is no digest", null));
  }

  private CacheTarget.Options options(Map<String, String> values, List<Output> outputs) {
    String mode = values.getOrDefault("mode", "min");
    if (!mode.equals("min") && !mode.equals("max")) {
      throw wrong(to + ": mode is min or max, not \"" + mode + "\"", null);
    }
    // Caches that are no image manifests, or have Docker's media types, are made by nobody anew.
    for (String key : List.of("image-manifest", "oci-mediatypes")) {
      if (!KeyValues.bool(to + " " + key, values.getOrDefault(key, "true"))) {
        throw wrong(
            to + " " + key + "=false is not supported",
            "the cache is an OCI image manifest, which current registries take; leave it away");
      }
    }
    return new CacheTarget.Options(
        mode.equals("max"),
        compression(values, outputs),
        KeyValues.bool(
            to + " force-compression", values.getOrDefault("force-compression", "false")),
        KeyValues.bool(to + " ignore-error", values.getOrDefault("ignore-error", "false")));
  }

  private Compression compression(Map<String, String> values, List<Output> outputs) {
    @Nullable String name = values.get("compression");
    @Nullable String level = values.get("compression-level");
    if (name == null && level == null) {
      Compression layers = Exporters.layerCompression(outputs);
      return layers instanceof Compression.Estargz ? Compression.gzip() : layers;
    }
    Compression compression = CompressionOption.parse(name, level);
    if (compression instanceof Compression.Estargz) {
      throw wrong(
          to + " compression=estargz is not supported", "choose gzip, zstd or uncompressed");
    }
    return compression;
  }

  private static BuildFailure wrong(String message, @Nullable String hint) {
    return new BuildFailure(Kind.USER, message, hint, null);
  }
}
