package dev.jbuild.engine.remote;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the documents behind a manifest: a cache of its own, or those inline in an image. */
final class CacheReader {
  /** The largest document that is read: some hundred thousand records. */
  static final int LIMIT = 32 << 20;

  private static final MediaType OF_BUILDKIT =
      new MediaType("application/vnd.buildkit.cacheconfig.v0");

  private final CacheContent content;
  private final String origin;
  private final List<Platform> platforms;

  /**
   * @param origin names the cache in records
   * @param platforms whose images are looked into, of an image for several
   */
  CacheReader(CacheContent content, String origin, List<Platform> platforms) {
    this.content = content;
    this.origin = origin;
    this.platforms = platforms;
  }

  /**
   * All documents there are.
   *
   * @throws BuildFailure if there is none, or one that cannot be read
   */
  List<CacheDocument> read() {
    byte[] bytes = content.manifest(content.root().digest());
    String what = "manifest " + content.root().digest();
    ObjectNode json = Json.parseObject(bytes, what);
    if (!json.path("manifests").isArray()) {
      return List.of(document(Manifest.parse(bytes)));
    }
    ImageIndex index = ImageIndex.parse(bytes);
    if (index.manifests().stream().anyMatch(each -> each.mediaType().equals(OF_BUILDKIT))) {
      throw ofBuildKit();
    }
    List<CacheDocument> documents = new ArrayList<>();
    for (Platform platform : platforms) {
      index
          .select(platform)
          .map(Descriptor::digest)
          .ifPresent(digest -> documents.add(document(Manifest.parse(content.manifest(digest)))));
    }
    return documents;
  }

  private CacheDocument document(Manifest manifest) {
    MediaType type = manifest.config().mediaType();
    if (type.equals(CacheDocument.MEDIA_TYPE)) {
      byte[] bytes = content.bytes(manifest.config(), LIMIT);
      return CacheDocument.parse(Json.parseObject(bytes, "the cache"), origin);
    }
    if (type.equals(OF_BUILDKIT)) {
      throw ofBuildKit();
    }
    if (!type.isConfig()) {
      throw new BuildFailure(Kind.UNSUPPORTED, "it is a \"" + type + "\", and no cache");
    }
    ImageConfig config = ImageConfig.parse(content.bytes(manifest.config(), LIMIT));
    String inline = config.extra().get(CacheDocument.INLINE);
    if (inline == null) {
      throw new BuildFailure(
          Kind.NOT_FOUND,
          "it is an image without an inline cache",
          "build it with --cache-to type=inline",
          null);
    }
    byte[] bytes = inline.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    CacheDocument records = CacheDocument.parse(Json.parseObject(bytes, "the cache"), origin);
    Map<DiffId, Descriptor> blobs = new HashMap<>();
    List<DiffId> diffIds = config.diffIds();
    for (int i = 0; i < Math.min(diffIds.size(), manifest.layers().size()); i++) {
      blobs.put(diffIds.get(i), manifest.layers().get(i));
    }
    return new CacheDocument(records.entries(), blobs, Map.<Digest, Descriptor>of());
  }

  private static BuildFailure ofBuildKit() {
    return new BuildFailure(
        Kind.UNSUPPORTED, "it is a cache of BuildKit, which only BuildKit can use");
  }
}
