package dev.jbuild.cli;

import dev.jbuild.engine.Output;
import dev.jbuild.engine.option.CompressionOption;
import dev.jbuild.engine.option.KeyValues;
import dev.jbuild.image.ImageNames;
import dev.jbuild.image.ResultFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
          "platform-split",
          "mode",
          "unpack",
          "push-by-digest",
          "name-canonical");

  /** {@code annotation[-TYPE][[PLATFORM]].KEY}. */
  private static final Pattern ANNOTATION =
      Pattern.compile("annotation(?:-([a-z-]+))?(\\[[^\\]]*\\])?\\.(.+)");

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
    Map<String, String> annotations = new TreeMap<>();
    Map<String, String> values = KeyValues.map("--output", text, others(text, annotations), KEYS);
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
        refuseUnpack(values);
        allow(type, values, IMAGE_KEYS);
        Output.ImageOptions options = options(values, true, annotations);
        boolean push = flag(values, "push", false);
        if (byDigest(values, push)) {
          yield List.of(new Output.Push(options, true));
        }
        yield push
            ? List.of(new Output.StoreImage(options), new Output.Push(options))
            : List.of(new Output.StoreImage(options));
      }
      case "registry" -> {
        allow(type, values, IMAGE_KEYS);
        yield List.of(new Output.Push(options(values, true, annotations), byDigest(values, true)));
      }
      case "oci" -> {
        allow(type, values, ARCHIVE_KEYS);
        yield List.of(
            new Output.OciArchive(
                destination(type, values),
                flag(values, "tar", true),
                options(values, true, annotations)));
      }
      case "docker" -> {
        allow(type, values, ARCHIVE_KEYS);
        if (!flag(values, "tar", true)) {
          throw UsageError.notSupportedYet("--output type=docker,tar=false");
        }
        yield List.of(
            values.containsKey("dest")
                ? new Output.DockerArchive(
                    destination(type, values), options(values, false, annotations))
                : new Output.DockerLoad(docker, options(values, false, annotations)));
      }
      case "local" -> {
        requireCopy(values);
        allow(type, values, FILE_KEYS);
        refuse(type, annotations);
        yield List.of(
            new Output.LocalDirectory(
                destination(type, values), flag(values, "platform-split", false)));
      }
      case "tar" -> {
        allow(type, values, FILE_KEYS);
        refuse(type, annotations);
        yield List.of(
            new Output.RootfsTar(destination(type, values), flag(values, "platform-split", false)));
      }
      case "none", "cacheonly" -> {
        allow(type, values, Set.of());
        refuse(type, annotations);
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
          "oci-mediatypes",
          "push-by-digest",
          "name-canonical");
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

  /** A wrong {@code dest} would lose files that no build makes again. */
  private static void requireCopy(Map<String, String> values) {
    String mode = values.remove("mode");
    if ("delete".equals(mode)) {
      throw new UsageError(
          "--output type=local,mode=delete is not supported: jbuild deletes no files it did not"
              + " make",
          "remove the directory before the build");
    }
    if (mode != null && !mode.equals("copy")) {
      throw new UsageError("--output mode is copy, not \"" + mode + "\"");
    }
  }

  private static void refuseUnpack(Map<String, String> values) {
    boolean unpack = flag(values, "unpack", false);
    values.remove("unpack");
    if (unpack) {
      throw new UsageError(
          "--output unpack=true: there is no containerd to unpack for",
          "leave it away: the store unpacks a layer when something reads it");
    }
  }

  private static void refuse(String type, Map<String, String> annotations) {
    if (!annotations.isEmpty()) {
      throw new UsageError(
          "--output type=" + type + " takes no annotations", "only images can be annotated");
    }
  }

  /** The fields but the annotations, which are collected as {@code --annotation} has them. */
  private static List<String> others(String text, Map<String, String> annotations) {
    List<String> rest = new ArrayList<>();
    for (String field : KeyValues.fields(text)) {
      int equals = field.indexOf('=');
      Matcher key = ANNOTATION.matcher(equals < 0 ? "" : field.substring(0, equals).strip());
      if (key.matches()) {
        String type = key.group(1) == null ? "manifest" : key.group(1);
        String platform = key.group(2) == null ? "" : key.group(2);
        annotations.put(type + platform + ":" + key.group(3), field.substring(equals + 1));
      } else {
        rest.add(field);
      }
    }
    return rest;
  }

  /** The names of such a push are repositories; it tells the image's name with its digest. */
  private static boolean byDigest(Map<String, String> values, boolean push) {
    boolean byDigest = flag(values, "push-by-digest", false);
    if (byDigest && !push) {
      throw new UsageError("--output push-by-digest=true without push=true", "add push=true");
    }
    if (flag(values, "name-canonical", false) && !byDigest) {
      throw new UsageError(
          "--output name-canonical=true without push-by-digest=true",
          "leave it away: an image of the store is found by NAME@DIGEST as it is");
    }
    String name = values.getOrDefault("name", "");
    if (byDigest && name.isEmpty()) {
      throw new UsageError(
          "--output push-by-digest=true needs name=", "give it the repository to push to");
    }
    if (byDigest) {
      for (String each : name.split(",", -1)) {
        if (each.indexOf(':', each.lastIndexOf('/') + 1) >= 0) {
          throw new UsageError(
              "--output push-by-digest=true: \"" + each + "\" has a tag, which would not be set",
              "give it the repository alone");
        }
      }
    }
    return byDigest;
  }

  private static boolean flag(Map<String, String> values, String key, boolean otherwise) {
    String value = values.get(key);
    return value == null ? otherwise : KeyValues.bool("--output " + key, value);
  }

  /** Without {@code dest=} a tar goes to standard output, as with buildx; files need a place. */
  private static Path destination(String type, Map<String, String> values) {
    String dest = values.getOrDefault("dest", "");
    if (dest.isEmpty() && (type.equals("local") || !flag(values, "tar", true))) {
      throw new UsageError("--output type=" + type + " needs dest=");
    }
    return Path.of(dest.isEmpty() ? "-" : dest);
  }

  /** Whether a tar goes to standard output. */
  static boolean isStandardOutput(Output output) {
    Path archive = archive(output);
    return archive != null && archive.toString().equals("-");
  }

  /** Tells before the build that an output has no place to go to. */
  static void checkPlace(Output output, boolean terminal) {
    Path archive = archive(output);
    if (archive == null) {
      return;
    }
    if (!archive.toString().equals("-")) {
      ResultFile.check("--output dest", archive);
    } else if (terminal) {
      throw new UsageError("an archive is not for a terminal", "name a file with dest=");
    }
  }

  private static @Nullable Path archive(Output output) {
    return switch (output) {
      case Output.OciArchive oci -> oci.tar() ? oci.destination() : null;
      case Output.DockerArchive docker -> docker.destination();
      case Output.RootfsTar tar -> tar.destination();
      case Output.StoreImage _,
          Output.Push _,
          Output.DockerLoad _,
          Output.LocalDirectory _,
          Output.None _ ->
          null;
    };
  }

  private static Output.ImageOptions options(
      Map<String, String> values, boolean oci, Map<String, String> annotations) {
    for (String name : values.getOrDefault("name", "").split(",")) {
      if (!name.isEmpty()) {
        ImageNames.complete(name);
      }
    }
    return new Output.ImageOptions(
        CompressionOption.parse(values.get("compression"), values.get("compression-level")),
        flag(values, "force-compression", false),
        flag(values, "oci-mediatypes", oci),
        values.get("name"),
        annotations);
  }

  /** Options of an output that was asked for by a flag of its own, such as {@code --push}. */
  static Output.ImageOptions plain(boolean oci) {
    @Nullable String none = null;
    return new Output.ImageOptions(CompressionOption.parse(none, none), false, oci, null);
  }
}
