package dev.jbuild.cli;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.export.Exporters;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.ImageName;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code --cache-from} and {@code --cache-to}, with docker buildx's keys. */
final class CacheFlags {
  private static final String TYPES = "the types are registry, local and inline";
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

  private CacheFlags() {}

  /**
   * Adds both to a request.
   *
   * @param outputs of the build; a cache is compressed as they are unless it says otherwise
   */
  static void apply(
      BuildFlags flags,
      Map<String, String> arguments,
      List<Output> outputs,
      BuildRequest.Builder request) {
    flags.cacheFrom.forEach(text -> request.cacheFrom(source(text)));
    boolean inline = false;
    for (String text : flags.cacheTo) {
      CacheTarget target = target(text, outputs);
      inline |= target instanceof CacheTarget.Inline;
      request.cacheTo(target);
    }
    // How it is asked for where there is no flag: docker build with an environment variable.
    if (!inline && "1".equals(arguments.get("BUILDKIT_INLINE_CACHE"))) {
      request.cacheTo(new CacheTarget.Inline());
    }
  }

  static CacheSource source(String text) {
    String flag = "--cache-from";
    Map<String, String> values = values(flag, text);
    return switch (type(flag, values)) {
      case "registry" -> {
        allow(flag, "registry", values, Set.of("type", "ref"));
        yield new CacheSource.Registry(name(flag, values));
      }
      case "local" -> {
        allow(flag, "local", values, Set.of("type", "src", "tag", "digest"));
        String digest = values.get("digest");
        yield new CacheSource.Local(
            path(flag, values, "src"),
            values.getOrDefault("tag", "latest"),
            digest == null ? null : digest(flag, digest));
      }
      default ->
          throw new UsageError(
              flag + " type=inline: an inline cache is read from its image",
              "--cache-from type=registry,ref=IMAGE");
    };
  }

  static CacheTarget target(String text, List<Output> outputs) {
    String flag = "--cache-to";
    Map<String, String> values = values(flag, text);
    return switch (type(flag, values)) {
      case "registry" -> {
        allow(flag, "registry", values, with("ref"));
        yield new CacheTarget.Registry(name(flag, values), options(flag, values, outputs));
      }
      case "local" -> {
        allow(flag, "local", values, with("dest", "tag"));
        yield new CacheTarget.Local(
            path(flag, values, "dest"),
            values.getOrDefault("tag", "latest"),
            options(flag, values, outputs));
      }
      default -> {
        allow(flag, "inline", values, Set.of("type", "mode"));
        if (!values.getOrDefault("mode", "min").equals("min")) {
          throw new UsageError(
              flag + " type=inline has mode=min only",
              "for every step of every stage, --cache-to type=registry,mode=max,ref=IMAGE");
        }
        yield new CacheTarget.Inline();
      }
    };
  }

  /** A value without any key is an image's name. */
  private static Map<String, String> values(String flag, String text) {
    Map<String, String> values = new LinkedHashMap<>();
    List<String> fields = Csv.fields(text);
    if (fields.size() == 1 && text.indexOf('=') < 0) {
      values.put("type", "registry");
      values.put("ref", text);
      return values;
    }
    for (String field : fields) {
      int equals = field.indexOf('=');
      if (equals <= 0) {
        throw new UsageError(flag + " \"" + text + "\": \"" + field + "\" is not key=value");
      }
      String key = field.substring(0, equals).strip().toLowerCase(java.util.Locale.ROOT);
      values.put(key, field.substring(equals + 1));
    }
    return values;
  }

  private static String type(String flag, Map<String, String> values) {
    String type = values.get("type");
    if (type == null) {
      throw new UsageError(flag + " needs type=", TYPES);
    }
    return switch (type) {
      case "registry", "local", "inline" -> type;
      case "gha", "s3", "azblob" ->
          throw new UsageError(
              flag + " type=" + type + " is not supported",
              type.equals("gha")
                  ? "use type=registry,ref=ghcr.io/OWNER/REPO:cache, or type=local with a cache"
                      + " step"
                  : "use type=registry, or type=local and copy the directory there and back");
      default -> throw new UsageError(flag + ": unknown type \"" + type + "\"", TYPES);
    };
  }

  private static Set<String> with(String... more) {
    Set<String> keys = new java.util.TreeSet<>(HOW);
    keys.addAll(List.of(more));
    return keys;
  }

  private static void allow(
      String flag, String type, Map<String, String> values, Set<String> keys) {
    for (String key : values.keySet()) {
      if (!keys.contains(key)) {
        String near = Words.nearest(key, List.copyOf(keys));
        throw new UsageError(
            flag + " type=" + type + " takes no \"" + key + "\"",
            near == null ? null : "did you mean \"" + near + "\"?");
      }
    }
  }

  private static String name(String flag, Map<String, String> values) {
    String ref = values.get("ref");
    if (ref == null || ref.isEmpty()) {
      throw new UsageError(flag + " type=registry needs ref=");
    }
    ImageName.parse(ref);
    return ref;
  }

  private static Path path(String flag, Map<String, String> values, String key) {
    String path = values.get(key);
    if (path == null || path.isEmpty()) {
      throw new UsageError(flag + " type=local needs " + key + "=");
    }
    return Path.of(path);
  }

  private static Digest digest(String flag, String text) {
    return Digest.tryParse(text)
        .orElseThrow(() -> new UsageError(flag + ": \"" + text + "\" is no digest"));
  }

  private static CacheTarget.Options options(
      String flag, Map<String, String> values, List<Output> outputs) {
    String mode = values.getOrDefault("mode", "min");
    if (!mode.equals("min") && !mode.equals("max")) {
      throw new UsageError(flag + ": mode is min or max, not \"" + mode + "\"");
    }
    // Caches that are no image manifests, or have Docker's media types, are made by nobody anew.
    for (String key : List.of("image-manifest", "oci-mediatypes")) {
      if (!Csv.bool(flag + " " + key, values.getOrDefault(key, "true"))) {
        throw new UsageError(
            flag + " " + key + "=false is not supported",
            "the cache is an OCI image manifest, which current registries take; leave it away");
      }
    }
    return new CacheTarget.Options(
        mode.equals("max"),
        compression(flag, values, outputs),
        Csv.bool(flag, values.getOrDefault("force-compression", "false")),
        Csv.bool(flag, values.getOrDefault("ignore-error", "false")));
  }

  private static Compression compression(
      String flag, Map<String, String> values, List<Output> outputs) {
    @Nullable String name = values.get("compression");
    @Nullable String level = values.get("compression-level");
    if (name == null && level == null) {
      Compression layers = Exporters.layerCompression(outputs);
      return layers instanceof Compression.Estargz ? Compression.gzip() : layers;
    }
    Compression compression = CompressionFlag.parse(name, level);
    if (compression instanceof Compression.Estargz) {
      throw new UsageError(
          flag + " compression=estargz is not supported", "choose gzip, zstd or uncompressed");
    }
    return compression;
  }
}
