package dev.jbuild.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.ExecutionOptions;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.option.CacheOptions;
import dev.jbuild.engine.option.ExtraHosts;
import dev.jbuild.engine.source.GitReference;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.ImageNames;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.server.docker.Query;
import dev.jbuild.server.docker.RegistryLogins;
import io.vertx.core.MultiMap;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The query of Docker's {@code POST /build} as a {@link BuildRequest}. What cannot be done is
 * refused; {@code rm} and {@code forcerm} are about containers that there are none of.
 */
final class DockerBuildParameters {
  static final Set<String> NAMES =
      Set.of(
          "buildargs",
          "buildid",
          "cachefrom",
          "cgroupparent",
          "cpuperiod",
          "cpuquota",
          "cpusetcpus",
          "cpusetmems",
          "cpushares",
          "dockerfile",
          "extrahosts",
          "forcerm",
          "isolation",
          "labels",
          "memory",
          "memswap",
          "networkmode",
          "nocache",
          "outputs",
          "platform",
          "pull",
          "q",
          "remote",
          "rm",
          "securityopt",
          "session",
          "shmsize",
          "squash",
          "t",
          "target",
          "ulimits",
          "version");

  private static final String CLASSIC =
      "is BuildKit's, which is not served: build with DOCKER_BUILDKIT=0, or post to /v1/builds";

  private static final long CPU_PERIOD = 100_000;

  private final Query query;
  private final StepBounds bounds;

  DockerBuildParameters(MultiMap query, StepBounds bounds) {
    this.query = new Query(query);
    this.bounds = bounds;
  }

  /** Whether only the image's id is wanted. */
  boolean isQuiet() {
    return query.flag("q");
  }

  /** Whether the context is elsewhere, and not the request's body. */
  boolean isRemote() {
    return query.isGiven("remote");
  }

  /**
   * The build that is asked for.
   *
   * @param archive the body
   * @param logins of the header {@code X-Registry-Config}, if there is one
   * @throws BuildFailure of kind {@code USER} or {@code UNSUPPORTED}
   */
  BuildRequest request(Path archive, @Nullable String logins) {
    query.allow(NAMES);
    refuseUnsupported();
    // there is nothing to remove, and who asks for the id alone asks for it once
    for (String flag : List.of("q", "rm", "forcerm")) {
      query.flag(flag);
    }
    ContextSource context =
        query.text("remote").map(this::remote).orElse(new ContextSource.Archive(archive));
    BuildRequest.Builder request = BuildRequest.builder(context);
    for (String tag : query.texts("t")) {
      request.tag(ImageNames.complete(ImageName.parse(tag).familiar()));
    }
    query
        .text("dockerfile")
        .ifPresent(path -> request.dockerfile(new DockerfileSource.InContext(path)));
    request.target(query.text("target").orElse(null));
    query.map("buildargs").forEach(request::buildArg);
    query.map("labels").forEach(request::label);
    query.text("platform").ifPresent(platform -> request.platform(Platform.parse(platform)));
    request.noCache(query.flag("nocache"));
    request.pull(query.flag("pull"));
    CacheOptions caches = CacheOptions.ofRequest();
    query
        .list("cachefrom")
        .forEach(image -> request.cacheFrom(caches.source("type=registry,ref=" + image)));
    request.output(
        new Output.StoreImage(new Output.ImageOptions(Compression.gzip(), false, true, null)));
    request.execution(execution());
    request.credentials(RegistryLogins.config(logins));
    return request.build();
  }

  private void refuseUnsupported() {
    if (query.number("version").orElse(1) != 1) {
      throw new BuildFailure(BuildFailure.Kind.UNSUPPORTED, "version=2 " + CLASSIC);
    }
    query.refuse("session", CLASSIC);
    query.refuse("buildid", CLASSIC);
    query.refuse("outputs", CLASSIC);
    if (query.flag("squash")) {
      query.refuse("squash", "is not supported: an image has a layer for each step");
    }
    String limits = "is not supported; memory, memswap, cpuquota, shmsize and ulimits are";
    query.refuse("cpushares", limits);
    query.refuse("cpusetcpus", limits);
    query.refuse("cpusetmems", limits);
    query.refuse("cgroupparent", "is not supported: steps have cgroups of the server's own");
    query.refuse(
        "securityopt", "is not supported: steps run as the server was started to run them");
    String isolation = query.text("isolation").orElse("default");
    if (!isolation.equals("default")) {
      query.refuse("isolation", "\"" + isolation + "\" is for Windows");
    }
  }

  private ContextSource remote(String url) {
    if (url.equals("client-session")) {
      throw new BuildFailure(BuildFailure.Kind.UNSUPPORTED, "remote=client-session " + CLASSIC);
    }
    Optional<GitReference> repository = GitReference.parse(url, GitReference.Place.CONTEXT);
    if (repository.isPresent()) {
      if (repository.get().scheme().equals("file")) {
        throw invalid("remote: the server's own disk has no context for others");
      }
      return new ContextSource.Git(url);
    }
    if (url.startsWith("http://") || url.startsWith("https://")) {
      return new ContextSource.Http(url);
    }
    throw invalid("remote is neither a git repository nor an http or https URL");
  }

  private ExecutionOptions execution() {
    Limits asked =
        new Limits(
            query.number("memory"),
            query.number("memswap"),
            cpus(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            Map.of(),
            ulimits(),
            shm(),
            Optional.empty());
    return new ExecutionOptions(
        StepParameters.network(query.text("networkmode").orElse(null)),
        Set.of(),
        ExtraHosts.parse("extrahosts", query.texts("extrahosts")),
        bounds.limits(asked),
        bounds.timeout(Optional.empty()),
        Optional.empty(),
        false,
        ExecutionOptions.DEFAULT.parallel());
  }

  private OptionalDouble cpus() {
    OptionalLong quota = query.number("cpuquota");
    OptionalLong period = query.number("cpuperiod");
    if (quota.isEmpty()) {
      query.refuse("cpuperiod", "limits nothing without cpuquota");
      return OptionalDouble.empty();
    }
    if (quota.getAsLong() < 0 || period.orElse(1) < 0) {
      throw invalid("cpuquota and cpuperiod are numbers of microseconds");
    }
    return OptionalDouble.of((double) quota.getAsLong() / period.orElse(CPU_PERIOD));
  }

  private OptionalLong shm() {
    OptionalLong bytes = query.number("shmsize");
    if (bytes.orElse(1) < 0) {
      throw invalid("shmsize " + bytes.getAsLong() + " is not a number of bytes");
    }
    return bytes;
  }

  private Map<String, Limits.Ulimit> ulimits() {
    Map<String, Limits.Ulimit> ulimits = new LinkedHashMap<>();
    for (JsonNode each : query.items("ulimits")) {
      JsonNode soft = each.path("Soft");
      JsonNode hard = each.path("Hard");
      if (!each.path("Name").isTextual() || !soft.canConvertToLong() || !hard.canConvertToLong()) {
        throw invalid("ulimits is not a list of {\"Name\": …, \"Soft\": …, \"Hard\": …}");
      }
      String name = each.path("Name").asText();
      if (ulimits.put(name, new Limits.Ulimit(soft.asLong(), hard.asLong())) != null) {
        throw invalid("ulimits has \"" + name + "\" more than once");
      }
    }
    return ulimits;
  }

  private static BuildFailure invalid(String message) {
    return new BuildFailure(BuildFailure.Kind.USER, message);
  }
}
