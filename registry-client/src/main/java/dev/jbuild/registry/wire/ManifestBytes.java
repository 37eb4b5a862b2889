package dev.jbuild.registry.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.RawManifest;
import dev.jbuild.registry.Reference;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryFailure;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** What both transports do with the bytes of a manifest: bound, verify, and find out what it is. */
final class ManifestBytes {
  static final List<String> ACCEPT =
      List.of(
          MediaType.OCI_INDEX.value(),
          MediaType.OCI_MANIFEST.value(),
          MediaType.DOCKER_INDEX.value(),
          MediaType.DOCKER_MANIFEST.value(),
          // A registry that has only this says so more clearly if it may send it.
          "application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.1",
          "*/*;q=0.1");

  private ManifestBytes() {}

  static byte[] read(InputStream body, Action action) throws IOException {
    byte[] bytes = body.readNBytes(Registry.MANIFEST_LIMIT + 1);
    if (bytes.length > Registry.MANIFEST_LIMIT) {
      throw corrupt(action, "it is larger than " + Registry.MANIFEST_LIMIT + " bytes");
    }
    return bytes;
  }

  /**
   * Verifies the bytes against what was asked for and finds out what they are.
   *
   * @param contentType what the registry calls them
   */
  static RawManifest of(
      byte[] bytes, Reference reference, Optional<String> contentType, Action action) {
    Digest actual = Digest.of(bytes);
    if (reference instanceof Reference.ByDigest(Digest wanted)) {
      if (!wanted.algorithm().equals(actual.algorithm())) {
        actual = wanted.verifier().update(bytes, 0, bytes.length).digest();
      }
      if (!wanted.equals(actual)) {
        throw corrupt(action, "expected " + wanted + ", got bytes that hash to " + actual);
      }
    }
    MediaType type = mediaType(bytes, contentType, action);
    return new RawManifest(Descriptor.of(type, actual, bytes.length), bytes);
  }

  /**
   * The document's own word first, then the header's, then its shape: the header is often wrong (a
   * file server, a proxy), and the document is what the digest is over.
   */
  private static MediaType mediaType(byte[] bytes, Optional<String> contentType, Action action) {
    ObjectNode object;
    try {
      object = Json.parseObject(bytes, "it");
    } catch (BuildFailure e) {
      throw corrupt(
          action,
          "it is no manifest but " + contentType.map(type -> "\"" + type + "\"").orElse("bytes"));
    }
    if (object.path("schemaVersion").asInt(0) == 1) {
      throw new RegistryFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "GET",
          action.host(),
          200,
          null,
          action + ": it is a Docker image manifest of schema 1, which is no longer supported",
          "push the image again with a current tool",
          null);
    }
    MediaType own = new MediaType(object.path("mediaType").asText(""));
    if (!own.value().isEmpty()) {
      return own;
    }
    MediaType said = new MediaType(contentType.orElse(""));
    boolean list = object.path("manifests").isArray();
    boolean manifest = object.path("config").isObject() || object.path("layers").isArray();
    if ((list && said.isIndex()) || (manifest && said.isManifest())) {
      return said;
    }
    if (list == manifest) {
      throw corrupt(action, "it is JSON, but neither a manifest nor an index");
    }
    return list ? MediaType.OCI_INDEX : MediaType.OCI_MANIFEST;
  }

  static RegistryFailure corrupt(Action action, String why) {
    return new RegistryFailure(
        BuildFailure.Kind.CORRUPT,
        "GET",
        action.host(),
        200,
        null,
        action + ": " + why,
        null,
        null);
  }
}
