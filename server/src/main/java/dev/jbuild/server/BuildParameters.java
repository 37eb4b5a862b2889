package dev.jbuild.server;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.option.CacheOptions;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.ImageNames;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Platform;
import io.vertx.core.MultiMap;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * The query of {@code POST /v1/builds} as a {@link BuildRequest}. Names are those of the command's
 * flags without their hyphens in front; one that is not known is refused.
 */
final class BuildParameters {
  static final Set<String> NAMES =
      Set.of(
          "tag",
          "file",
          "target",
          "build-arg",
          "label",
          "annotation",
          "platform",
          "no-cache",
          "no-cache-filter",
          "cache-from",
          "cache-to",
          "pull",
          "push",
          "network",
          "memory",
          "cpus",
          "pids-limit",
          "ulimit",
          "shm-size",
          "step-timeout",
          "source-date-epoch");

  private BuildParameters() {}

  private static void requireKnown(MultiMap query) {
    for (String name : query.names()) {
      if (!NAMES.contains(name)) {
        throw new BuildFailure(
            BuildFailure.Kind.USER,
            "unknown parameter \"" + name + "\"",
            "the parameters are " + String.join(", ", new TreeSet<>(NAMES)),
            null);
      }
    }
    for (String name : new TreeSet<>(query.names())) {
      boolean single =
          StepParameters.SINGLE.contains(name)
              || Set.of("file", "target", "source-date-epoch").contains(name);
      if (single && query.getAll(name).size() > 1) {
        throw invalid("\"" + name + "\" is given more than once");
      }
    }
  }

  static BuildRequest request(MultiMap query, Path archive, StepBounds bounds) {
    requireKnown(query);
    BuildRequest.Builder request = BuildRequest.builder(new ContextSource.Archive(archive));
    for (String tag : query.getAll("tag")) {
      // now, and not when the image is built
      ImageNames.complete(tag);
      request.tag(tag);
    }
    if (query.contains("file")) {
      request.dockerfile(new DockerfileSource.InContext(query.get("file")));
    }
    request.target(query.get("target"));
    pairs(query, "build-arg", request::buildArg);
    pairs(query, "label", request::label);
    pairs(query, "annotation", request::annotation);
    for (String list : query.getAll("platform")) {
      for (String platform : list.split(",", -1)) {
        request.platform(Platform.parse(platform));
      }
    }
    request.noCache(flag(query, "no-cache"));
    query.getAll("no-cache-filter").forEach(request::noCacheFilter);
    request.pull(flag(query, "pull"));
    Output.ImageOptions image = new Output.ImageOptions(Compression.gzip(), false, true, null);
    CacheOptions caches = CacheOptions.ofRequest();
    List<Output> outputs = List.of(new Output.StoreImage(image));
    query.getAll("cache-from").forEach(text -> request.cacheFrom(caches.source(text)));
    query.getAll("cache-to").forEach(text -> request.cacheTo(caches.target(text, outputs)));
    outputs.forEach(request::output);
    if (flag(query, "push")) {
      if (query.getAll("tag").isEmpty()) {
        throw invalid("a push needs a \"tag\"");
      }
      request.output(new Output.Push(image));
    }
    request.execution(StepParameters.from(query, bounds));
    if (query.contains("source-date-epoch")) {
      request.sourceDateEpoch(seconds(query.get("source-date-epoch")));
    }
    return request.build();
  }

  private static void pairs(MultiMap query, String name, BiConsumer<String, String> sink) {
    for (String pair : query.getAll(name)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        throw invalid(name + " \"" + pair + "\" is not NAME=VALUE");
      }
      sink.accept(pair.substring(0, equals), pair.substring(equals + 1));
    }
  }

  /** A flag is set by its bare name, too: {@code ?no-cache}. */
  private static boolean flag(MultiMap query, String name) {
    String value = query.get(name);
    return switch (value == null ? "false" : value) {
      case "", "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw invalid(name + " is true or false, not \"" + value + "\"");
    };
  }

  private static long seconds(String text) {
    try {
      long seconds = Long.parseLong(text);
      if (seconds >= 0) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw invalid("source-date-epoch \"" + text + "\" is not a number of seconds since 1970");
  }

  private static BuildFailure invalid(String message) {
    return new BuildFailure(BuildFailure.Kind.USER, message);
  }
}
