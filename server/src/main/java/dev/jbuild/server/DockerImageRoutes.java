package dev.jbuild.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.ImageNames;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Json;
import dev.jbuild.registry.ImageName;
import dev.jbuild.sandbox.LimitFormat;
import dev.jbuild.server.docker.EnginePath;
import dev.jbuild.server.docker.ImageJson;
import dev.jbuild.server.docker.Query;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.PruneReport;
import dev.jbuild.store.Store;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Docker's {@code /images/…} and {@code /build/prune}: the images of the store, without which a
 * client could build and not go on.
 */
final class DockerImageRoutes {
  private static final Pattern OF_IMAGE =
      Pattern.compile("/images/(?<name>.+)/(?<what>json|history|tag|push|get)");

  private final Store store;
  private final ServedImages images;
  private final DockerTransfers transfers;
  private final Offload offload;

  DockerImageRoutes(Store store, ServedImages images, DockerTransfers transfers, Offload offload) {
    this.store = store;
    this.images = images;
    this.transfers = transfers;
    this.offload = offload;
  }

  /** Answers a request if it is served here. */
  boolean serve(RoutingContext request, EnginePath path) {
    String method = request.request().method().name();
    Query query = new Query(request.queryParams());
    switch (method + " " + path.rest()) {
      case "GET /images/json" -> answer(request, () -> list(query, path));
      case "GET /images/get" -> transfers.save(request, query.texts("names"));
      case "POST /images/create" -> transfers.pull(request, query);
      case "POST /build/prune" -> answer(request, () -> prune(query));
      default -> {
        Matcher matcher = OF_IMAGE.matcher(path.rest());
        if (matcher.matches()) {
          return serve(request, path, method + " " + matcher.group("what"), matcher.group("name"));
        }
        if (method.equals("DELETE") && path.rest().startsWith("/images/")) {
          String name = path.rest().substring("/images/".length());
          answer(request, () -> remove(name, query));
          return true;
        }
        return false;
      }
    }
    return true;
  }

  private boolean serve(RoutingContext request, EnginePath path, String what, String name) {
    Query query = new Query(request.queryParams());
    switch (what) {
      case "GET json" -> answer(request, () -> inspect(name, query, path));
      case "GET history" -> answer(request, () -> history(name, query));
      case "GET get" -> transfers.save(request, List.of(name));
      case "POST push" -> transfers.push(request, name, query);
      case "POST tag" ->
          offload.run(
              request,
              () -> {
                tag(name, query);
                return name;
              },
              _ -> request.response().setStatusCode(201).end());
      default -> {
        return false;
      }
    }
    return true;
  }

  private void answer(RoutingContext request, java.util.concurrent.Callable<JsonNode> work) {
    offload.run(
        request,
        work,
        node ->
            request
                .response()
                .putHeader("content-type", "application/json")
                .end(Buffer.buffer(Json.compact(node))));
  }

  private JsonNode config(ImageJson image) {
    return Json.parseObject(
        store.blobs().read(image.shown().manifest().config().digest()), "image config");
  }

  private JsonNode list(Query query, EnginePath path) {
    query.allow(Set.of("all", "digests", "filters", "shared-size", "manifests"));
    if (query.flag("manifests")) {
      query.refuse("manifests", "is not supported");
    }
    Map<String, List<String>> filters = query.filters(Set.of("reference", "label", "dangling"));
    ArrayNode rows = Json.array();
    List<String> references = filters.getOrDefault("reference", List.of());
    for (ImageJson image : images.list()) {
      JsonNode config = config(image);
      ImageJson named =
          references.isEmpty()
              ? image
              : image.withTags(
                  image.tags().stream()
                      .filter(tag -> references.stream().anyMatch(each -> matches(each, tag)))
                      .toList());
      if (!named.tags().isEmpty() && fits(config, filters)) {
        rows.add(named.summary(path.version(), config));
      }
    }
    return rows;
  }

  private static boolean fits(JsonNode config, Map<String, List<String>> filters) {
    boolean labelled =
        filters.getOrDefault("label", List.of()).stream()
            .allMatch(label -> {
              String[] pair = label.split("=", 2);
              JsonNode value = config.at("/config/Labels").path(pair[0]);
              return !value.isMissingNode() && (pair.length < 2 || value.asText().equals(pair[1]));
            });
    // an image without a name is not in the list
    boolean dangling =
        filters.getOrDefault("dangling", List.of()).stream()
            .anyMatch(value -> value.equals("true") || value.equals("1"));
    return labelled && !dangling;
  }

  /**
   * A name in any spelling, with or without its tag, in which {@code *} and {@code ?} may stand.
   */
  private static boolean matches(String pattern, String tag) {
    String familiar = ImageName.parse(tag).familiar();
    String glob = Pattern.quote(pattern).replace("*", "\\E[^/]*\\Q").replace("?", "\\E[^/]\\Q");
    return List.of(tag, familiar, familiar.substring(0, familiar.lastIndexOf(':'))).stream()
        .anyMatch(name -> name.matches(glob));
  }

  private JsonNode inspect(String name, Query query, EnginePath path) {
    query.allow(Set.of("manifests"));
    query.refuse("manifests", "is not supported");
    ImageJson image = images.find(name);
    return image.inspection(path.version(), config(image));
  }

  private JsonNode history(String name, Query query) {
    query.allow(Set.of());
    ImageJson image = images.find(name);
    return image.history(new Images(store).history(image.shown()));
  }

  private void tag(String name, Query query) {
    query.allow(Set.of("repo", "tag"));
    String repository =
        query
            .text("repo")
            .orElseThrow(
                () -> new BuildFailure(BuildFailure.Kind.USER, "repo, the new name, is missing"));
    String whole = repository + query.text("tag").map(tag -> ":" + tag).orElse("");
    images.tag(name, ImageNames.complete(ImageName.parse(whole).familiar()));
  }

  private JsonNode remove(String name, Query query) {
    query.allow(Set.of("force", "noprune"));
    ServedImages.Removal removal = images.remove(name, query.flag("force"));
    ArrayNode rows = Json.array();
    removal.names().forEach(gone -> rows.add(Json.object().put("Untagged", gone)));
    removal.id().ifPresent(id -> rows.add(Json.object().put("Deleted", id)));
    return rows;
  }

  /** What {@code jbuild prune} does: names and running work hold what they need. */
  private JsonNode prune(Query query) {
    query.allow(Set.of("keep-storage", "all", "filters"));
    Map<String, List<String>> filters = query.filters(Set.of("until", "unused-for"));
    Optional<String> until = filters.values().stream().flatMap(List::stream).findFirst();
    Duration unused =
        until.map(text -> new LimitFormat("").duration("until", text)).orElse(Duration.ZERO);
    PruneReport report = store.prune(new PruneOptions(query.number("keep-storage"), unused));
    ObjectNode node = Json.object();
    node.set(
        "CachesDeleted", Json.array(report.removed().stream().map(item -> item.name()).toList()));
    return node.put("SpaceReclaimed", report.freed());
  }
}
