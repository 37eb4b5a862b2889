package dev.jbuild.engine;

import dev.jbuild.layer.Compression;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What becomes of a build's result. A build may have several. */
public sealed interface Output {

  /** Keep the image in the store under the request's tags. */
  record StoreImage(ImageOptions options) implements Output {}

  /**
   * Push to every tag of the request that names a registry.
   *
   * @param byDigest set no tag: the names are repositories, and the image is known by its digest
   */
  record Push(ImageOptions options, boolean byDigest) implements Output {
    /** A push that sets the tags. */
    public Push(ImageOptions options) {
      this(options, false);
    }
  }

  /**
   * An OCI image layout.
   *
   * @param destination a file for a tar archive, {@code -} for standard output, or a directory when
   *     {@code tar} is false
   */
  record OciArchive(Path destination, boolean tar, ImageOptions options) implements Output {}

  /** An archive {@code docker load} reads. */
  record DockerArchive(Path destination, ImageOptions options) implements Output {}

  /**
   * Hand the image to a Docker daemon.
   *
   * @param host as {@code DOCKER_HOST} has it: {@code unix:///path} or {@code tcp://host:port}
   */
  record DockerLoad(String host, ImageOptions options) implements Output {}

  /** The root file system as files in a directory. */
  record LocalDirectory(Path destination, boolean platformSplit) implements Output {}

  /** The root file system as one tar. */
  record RootfsTar(Path destination, boolean platformSplit) implements Output {}

  /** Build, fill the cache, keep nothing else. */
  record None() implements Output {}

  /**
   * How an image's layers are stored.
   *
   * @param compression what new layers get; layers of a base image stay as they are unless forced
   * @param forceCompression recompress the base image's layers too
   * @param ociMediaTypes OCI media types when true, Docker's when false
   * @param name names that replace the request's tags for this output; null for the request's
   * @param annotations of this output alone, beside the request's, with keys as {@code
   *     --annotation} takes them
   */
  record ImageOptions(
      Compression compression,
      boolean forceCompression,
      boolean ociMediaTypes,
      @Nullable String name,
      Map<String, String> annotations) {
    public ImageOptions {
      annotations = Map.copyOf(annotations);
    }

    /** Without annotations of its own. */
    public ImageOptions(
        Compression compression,
        boolean forceCompression,
        boolean ociMediaTypes,
        @Nullable String name) {
      this(compression, forceCompression, ociMediaTypes, name, Map.of());
    }
  }
}
