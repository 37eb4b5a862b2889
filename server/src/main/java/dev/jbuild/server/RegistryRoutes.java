package dev.jbuild.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.Store;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code /v2/}: the pull part of the OCI distribution API over the store. A repository is the name
 * of an image there, without its tag; one whose registry has a port, which no repository may have,
 * is reached by its path alone.
 */
final class RegistryRoutes {
  private static final long LARGEST_MANIFEST = 4 << 20;
  private static final Pattern NAME =
      Pattern.compile(
          "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*");
  private static final Pattern PATH =
      Pattern.compile("/v2/(?<name>.+)/(?<kind>manifests|blobs|tags|referrers)/(?<rest>[^/]+)");

  private final Store store;
  private final Offload offload;

  RegistryRoutes(Store store, Offload offload) {
    this.store = store;
    this.offload = offload;
  }

  void addTo(Router router) {
    router.route("/v2/*").handler(this::handle);
  }

  private void handle(RoutingContext request) {
    request.response().putHeader("docker-distribution-api-version", "registry/2.0");
    HttpMethod method = request.request().method();
    if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
      request.response().putHeader("allow", "GET, HEAD");
      RegistryErrors.UNSUPPORTED.answer(request, "this registry is for pulling only");
      return;
    }
    String path = request.request().path();
    if (path.equals("/v2") || path.equals("/v2/")) {
      Reply.json(request, 200, Json.object());
      return;
    }
    if (path.equals("/v2/_catalog")) {
      catalog(request);
      return;
    }
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      RegistryErrors.NAME_UNKNOWN.answer(request, "no such path");
      return;
    }
    String name = matcher.group("name");
    String rest = matcher.group("rest");
    if (!NAME.matcher(name).matches()) {
      RegistryErrors.NAME_INVALID.answer(request, "\"" + name + "\" is not a repository");
      return;
    }
    switch (matcher.group("kind")) {
      case "manifests" -> manifest(request, name, rest);
      case "blobs" -> blob(request, rest);
      case "tags" -> {
        if (rest.equals("list")) {
          tags(request, name);
        } else {
          RegistryErrors.NAME_UNKNOWN.answer(request, "no such path");
        }
      }
      default -> RegistryErrors.NAME_UNKNOWN.answer(request, "this registry lists no referrers");
    }
  }

  /**
   * A manifest with its type.
   *
   * @param bytes exactly as stored
   */
  private record Found(MediaType type, Digest digest, Buffer bytes) {}

  private void manifest(RoutingContext request, String name, String reference) {
    offload.run(
        request,
        () -> reference.contains(":") ? byDigest(reference) : byTag(name, reference),
        found -> {
          if (found.isEmpty()) {
            RegistryErrors.MANIFEST_UNKNOWN.answer(
                request, "there is no \"" + reference + "\" in " + name);
            return;
          }
          Found manifest = found.get();
          HttpServerResponse response =
              request
                  .response()
                  .putHeader("content-type", manifest.type().value())
                  .putHeader("docker-content-digest", manifest.digest().toString())
                  .putHeader("etag", "\"" + manifest.digest() + "\"");
          if (isKnown(request, manifest.digest())) {
            response.setStatusCode(304).end();
          } else if (isHead(request)) {
            response.putHeader("content-length", String.valueOf(manifest.bytes().length())).end();
          } else {
            response.end(manifest.bytes());
          }
        },
        failure -> fail(request, failure));
  }

  private Optional<Found> byTag(String name, String tag) {
    Optional<Descriptor> target = RepositoryTags.find(store.tags().list(), name, tag);
    return target.map(descriptor ->
        new Found(
            descriptor.mediaType(),
            descriptor.digest(),
            Buffer.buffer(store.blobs().read(descriptor.digest()))));
  }

  /** By digest every manifest of the store can be had; other blobs are no manifests. */
  private Optional<Found> byDigest(String text) {
    Optional<Digest> digest = Digest.tryParse(text);
    if (digest.isEmpty()) {
      return Optional.empty();
    }
    OptionalLong size = store.blobs().size(digest.get());
    if (size.isEmpty() || size.getAsLong() > LARGEST_MANIFEST) {
      return Optional.empty();
    }
    byte[] bytes = store.blobs().read(digest.get());
    return mediaType(bytes).map(type -> new Found(type, digest.get(), Buffer.buffer(bytes)));
  }

  /** What a manifest says it is, or looks like: OCI's may leave {@code mediaType} out. */
  private static Optional<MediaType> mediaType(byte[] bytes) {
    JsonNode node;
    try {
      node = Json.parseObject(bytes, "manifest");
    } catch (BuildFailure e) {
      return Optional.empty();
    }
    String named = node.path("mediaType").asText("");
    if (!named.isEmpty()) {
      MediaType type = new MediaType(named);
      return type.isManifest() || type.isIndex() ? Optional.of(type) : Optional.empty();
    }
    if (node.path("manifests").isArray()) {
      return Optional.of(MediaType.OCI_INDEX);
    }
    return node.path("config").isObject() && node.path("layers").isArray()
        ? Optional.of(MediaType.OCI_MANIFEST)
        : Optional.empty();
  }

  /** A blob's file. */
  private record BlobFile(Path path, long size) {}

  private void blob(RoutingContext request, String text) {
    Optional<Digest> digest = Digest.tryParse(text);
    if (digest.isEmpty()) {
      RegistryErrors.DIGEST_INVALID.answer(request, "\"" + text + "\" is not a digest");
      return;
    }
    offload.run(
        request,
        () -> {
          OptionalLong size = store.blobs().size(digest.get());
          return size.isEmpty()
              ? Optional.<BlobFile>empty()
              : Optional.of(new BlobFile(store.blobs().path(digest.get()), size.getAsLong()));
        },
        file -> {
          if (file.isEmpty()) {
            RegistryErrors.BLOB_UNKNOWN.answer(request, "there is no blob " + digest.get());
          } else {
            send(request, digest.get(), file.get());
          }
        },
        failure -> fail(request, failure));
  }

  private static void send(RoutingContext request, Digest digest, BlobFile file) {
    HttpServerResponse response =
        request
            .response()
            .putHeader("accept-ranges", "bytes")
            .putHeader("docker-content-digest", digest.toString())
            .putHeader("etag", "\"" + digest + "\"");
    if (isKnown(request, digest)) {
      response.setStatusCode(304).end();
      return;
    }
    switch (ByteRange.parse(request.request().getHeader("range"), file.size())) {
      case ByteRange.Asked.Unsatisfiable _ -> {
        response.putHeader("content-range", "bytes */" + file.size());
        RegistryErrors.RANGE_INVALID.answer(request, "the blob has " + file.size() + " bytes");
      }
      case ByteRange.Asked.Part part -> {
        response
            .setStatusCode(206)
            .putHeader(
                "content-range",
                "bytes "
                    + part.range().start()
                    + "-"
                    + (part.range().start() + part.range().length() - 1)
                    + "/"
                    + file.size());
        send(request, file, part.range());
      }
      case ByteRange.Asked.Whole _ -> send(request, file, new ByteRange(0, file.size()));
    }
  }

  private static void send(RoutingContext request, BlobFile file, ByteRange range) {
    HttpServerResponse response =
        request
            .response()
            .putHeader("content-type", "application/octet-stream")
            .putHeader("content-length", String.valueOf(range.length()));
    if (isHead(request) || range.length() == 0) {
      response.end();
    } else {
      response.sendFile(file.path().toString(), range.start(), range.length());
    }
  }

  private void tags(RoutingContext request, String name) {
    offload.run(
        request,
        () -> RepositoryTags.tags(store.tags().list().keySet(), name),
        tags -> {
          if (tags.isEmpty()) {
            RegistryErrors.NAME_UNKNOWN.answer(request, "there is no image \"" + name + "\"");
            return;
          }
          ObjectNode node = Json.object();
          node.put("name", name);
          page(
              request,
              node,
              "tags",
              List.copyOf(new TreeSet<>(tags)),
              "/v2/" + name + "/tags/list");
        },
        failure -> fail(request, failure));
  }

  private void catalog(RoutingContext request) {
    offload.run(
        request,
        () -> RepositoryTags.repositories(store.tags().list().keySet()),
        names -> page(request, Json.object(), "repositories", List.copyOf(names), "/v2/_catalog"),
        failure -> fail(request, failure));
  }

  /**
   * Answers with the items after {@code last}, at most {@code n}, and a link to those that follow.
   */
  private static void page(
      RoutingContext request, ObjectNode node, String key, List<String> items, String path) {
    String last = request.queryParams().get("last");
    int most = number(request.queryParams().get("n"), items.size());
    List<String> rest =
        items.stream().filter(item -> last == null || item.compareTo(last) > 0).toList();
    List<String> shown = rest.subList(0, Math.min(most, rest.size()));
    ArrayNode array = Json.array(shown);
    node.set(key, array);
    if (shown.size() < rest.size() && !shown.isEmpty()) {
      request
          .response()
          .putHeader(
              "link", "<" + path + "?n=" + most + "&last=" + shown.getLast() + ">; rel=\"next\"");
    }
    Reply.json(request, 200, node);
  }

  private static int number(@Nullable String text, int otherwise) {
    try {
      return text == null ? otherwise : Math.max(0, Integer.parseInt(text));
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static void fail(RoutingContext request, BuildFailure failure) {
    if (failure.kind() == BuildFailure.Kind.NOT_FOUND) {
      RegistryErrors.MANIFEST_UNKNOWN.answer(request, failure.text());
    } else {
      Reply.failure(request, failure);
    }
  }

  private static boolean isHead(RoutingContext request) {
    return request.request().method().equals(HttpMethod.HEAD);
  }

  private static boolean isKnown(RoutingContext request, Digest digest) {
    String known = request.request().getHeader("if-none-match");
    return known != null && known.contains(digest.toString());
  }
}
