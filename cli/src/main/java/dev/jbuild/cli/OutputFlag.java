package dev.jbuild.cli;

import dev.jbuild.engine.Output;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the values of {@code -o}, which mean one output, or two: {@code type=image,push=true}. */
final class OutputFlag {
  private static final Set<String> KEYS =
      Set.of(
          "type",
          "dest",
          "name",
          "push",
          "compression",
          "compression-level",
          "force-compression",
          "rewrite-timestamp",
          "oci-mediatypes",
          "tar",
          "platform-split");

  private OutputFlag() {}

  /**
   * {@code -o DIR} is a local directory and {@code -o -} a tar on standard output.
   *
   * @param limited whether the build limits times, which all its outputs share
   * @param docker the daemon to load into
   */
  static List<Output> parse(String text, boolean limited, String docker) {
    if (!text.contains("=")) {
      return List.of(
          text.equals("-")
              ? new Output.RootfsTar(Path.of("-"), false)
              : new Output.LocalDirectory(Path.of(text), false));
    }
    Map<String, String> values = Csv.map("--output", text, KEYS);
    String type = values.get("type");
    if (type == null) {
      throw new UsageError(
          "--output \"" + text + "\" has no type", "begin it with type=oci or another type");
    }
    if (flag(values, "rewrite-timestamp", limited) != limited) {
      throw new UsageError(
          limited
              ? "--output rewrite-timestamp=false: times are limited in every output of a build"
              : "--output rewrite-timestamp needs a time",
          limited
              ? "leave SOURCE_DATE_EPOCH and --reproducible away"
              : "set SOURCE_DATE_EPOCH, or use --reproducible");
    }
    return switch (type) {
      case "image" -> {
        allow(type, values, IMAGE_KEYS);
        Output image = new Output.StoreImage(options(values, true));
        yield flag(values, "push", false)
            ? List.of(image, new Output.Push(options(values, true)))
            : List.of(image);
      }
      case "registry" -> {
        allow(type, values, IMAGE_KEYS);
        yield List.of(new Output.Push(options(values, true)));
      }
      case "oci" -> {
        allow(type, values, ARCHIVE_KEYS);
        yield List.of(
            new Output.OciArchive(
                destination(type, values), flag(values, "tar", true), options(values, true)));
      }
      case "docker" -> {
        allow(type, values, ARCHIVE_KEYS);
        if (!flag(values, "tar", true)) {
          throw UsageError.notSupportedYet("--output type=docker,tar=false");
        }
        yield List.of(
            values.containsKey("dest")
                ? new Output.DockerArchive(destination(type, values), options(values, false))
                : new Output.DockerLoad(docker, options(values, false)));
      }
      case "local" -> {
        allow(type, values, FILE_KEYS);
        yield List.of(
            new Output.LocalDirectory(
                destination(type, values), flag(values, "platform-split", false)));
      }
      case "tar" -> {
        allow(type, values, FILE_KEYS);
        yield List.of(
            new Output.RootfsTar(destination(type, values), flag(values, "platform-split", false)));
      }
      case "none", "cacheonly" -> {
        allow(type, values, Set.of());
        yield List.of(new Output.None());
      }
      default ->
          throw new UsageError(
              "--output: unknown type \"" + type + "\"",
              "the types are image, registry, oci, docker, local, tar and none");
    };
  }

  private static final Set<String> IMAGE_KEYS =
      Set.of(
          "name",
          "push",
          "compression",
          "compression-level",
          "force-compression",
          "rewrite-timestamp",
          "oci-mediatypes");
  private static final Set<String> ARCHIVE_KEYS =
      Set.of(
          "name",
          "dest",
          "tar",
          "compression",
          "compression-level",
          "force-compression",
          "rewrite-timestamp",
          "oci-mediatypes");
  private static final Set<String> FILE_KEYS =
      Set.of("dest", "platform-split", "rewrite-timestamp");

  private static void allow(String type, Map<String, String> values, Set<String> keys) {
    for (String key : values.keySet()) {
      if (!key.equals("type") && !keys.contains(key)) {
        throw new UsageError("--output type=" + type + " takes no \"" + key + "\"");
      }
    }
  }

  private static boolean flag(Map<String, String> values, String key, boolean otherwise) {
    String value = values.get(key);
    return value == null ? otherwise : Csv.bool("--output " + key, value);
  }

  private static Path destination(String type, Map<String, String> values) {
    String dest = values.get("dest");
    if (dest == null || dest.isEmpty()) {
      throw new UsageError("--output type=" + type + " needs dest=");
    }
    return Path.of(dest);
  }

  private static Output.ImageOptions options(Map<String, String> values, boolean oci) {
    return new Output.ImageOptions(
        CompressionFlag.parse(values.get("compression"), values.get("compression-level")),
        flag(values, "force-compression", false),
        flag(values, "oci-mediatypes", oci),
        values.get("name"));
  }

  /** Options of an output that was asked for by a flag of its own, such as {@code --push}. */
  static Output.ImageOptions plain(boolean oci) {
    @Nullable String none = null;
    return new Output.ImageOptions(CompressionFlag.parse(none, none), false, oci, null);
  }
}
