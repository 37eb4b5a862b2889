package dev.jbuild.oci;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What a blob is, by name. Any text may come from a registry, so this is an open value with the
 * known names as constants; the predicates know OCI's and Docker's.
 */
public record MediaType(String value) {
  public static final MediaType OCI_INDEX =
      new MediaType("application/vnd.oci.image.index.v1+json");
  public static final MediaType OCI_MANIFEST =
      new MediaType("application/vnd.oci.image.manifest.v1+json");
  public static final MediaType OCI_CONFIG =
      new MediaType("application/vnd.oci.image.config.v1+json");
  public static final MediaType OCI_LAYER = new MediaType("application/vnd.oci.image.layer.v1.tar");
  public static final MediaType OCI_LAYER_GZIP =
      new MediaType("application/vnd.oci.image.layer.v1.tar+gzip");
  public static final MediaType OCI_LAYER_ZSTD =
      new MediaType("application/vnd.oci.image.layer.v1.tar+zstd");
  public static final MediaType OCI_EMPTY = new MediaType("application/vnd.oci.empty.v1+json");

  public static final MediaType DOCKER_INDEX =
      new MediaType("application/vnd.docker.distribution.manifest.list.v2+json");
  public static final MediaType DOCKER_MANIFEST =
      new MediaType("application/vnd.docker.distribution.manifest.v2+json");
  public static final MediaType DOCKER_CONFIG =
      new MediaType("application/vnd.docker.container.image.v1+json");
  public static final MediaType DOCKER_LAYER =
      new MediaType("application/vnd.docker.image.rootfs.diff.tar");
  public static final MediaType DOCKER_LAYER_GZIP =
      new MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip");
  public static final MediaType DOCKER_LAYER_ZSTD =
      new MediaType("application/vnd.docker.image.rootfs.diff.tar.zstd");
  public static final MediaType DOCKER_FOREIGN_LAYER_GZIP =
      new MediaType("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");

  private static final Set<MediaType> CONFIGS = Set.of(OCI_CONFIG, DOCKER_CONFIG);
  private static final String NON_DISTRIBUTABLE =
      "application/vnd.oci.image.layer.nondistributable.v1.tar";
  private static final Map<MediaType, MediaType> OCI_OF_DOCKER =
      Map.of(
          DOCKER_INDEX, OCI_INDEX,
          DOCKER_MANIFEST, OCI_MANIFEST,
          DOCKER_CONFIG, OCI_CONFIG,
          DOCKER_LAYER, OCI_LAYER,
          DOCKER_LAYER_GZIP, OCI_LAYER_GZIP,
          DOCKER_LAYER_ZSTD, OCI_LAYER_ZSTD,
          DOCKER_FOREIGN_LAYER_GZIP, new MediaType(NON_DISTRIBUTABLE + "+gzip"));

  public MediaType {
    // Parameters ("; charset=utf-8") come with HTTP headers and are no part of the type.
    int semicolon = value.indexOf(';');
    value = (semicolon < 0 ? value : value.substring(0, semicolon)).strip();
  }

  /** An OCI index or a Docker manifest list. */
  public boolean isIndex() {
    return equals(OCI_INDEX) || equals(DOCKER_INDEX);
  }

  /** An image manifest, of OCI or Docker schema 2. */
  public boolean isManifest() {
    return equals(OCI_MANIFEST) || equals(DOCKER_MANIFEST);
  }

  /** An image config. */
  public boolean isConfig() {
    return CONFIGS.contains(this);
  }

  /** A file system layer, of any compression, distributable or not. */
  public boolean isLayer() {
    return value.startsWith(OCI_LAYER.value())
        || value.startsWith(NON_DISTRIBUTABLE)
        || value.startsWith(DOCKER_LAYER.value())
        || value.startsWith("application/vnd.docker.image.rootfs.foreign.diff.tar");
  }

  /** A layer whose bytes its licence keeps out of registries; it is not pushed. */
  public boolean isForeign() {
    return value.startsWith(NON_DISTRIBUTABLE)
        || value.startsWith("application/vnd.docker.image.rootfs.foreign.diff.tar");
  }

  public boolean isGzip() {
    return value.endsWith("+gzip") || value.endsWith(".gzip");
  }

  public boolean isZstd() {
    return value.endsWith("+zstd") || value.endsWith(".zstd");
  }

  /** The OCI name of a Docker type; any other type as it is. */
  public MediaType toOci() {
    return OCI_OF_DOCKER.getOrDefault(this, this);
  }

  /** The Docker name of an OCI type; any other type as it is. */
  public MediaType toDocker() {
    for (Map.Entry<MediaType, MediaType> entry : OCI_OF_DOCKER.entrySet()) {
      if (entry.getValue().equals(this)) {
        return entry.getKey();
      }
    }
    return this;
  }

  /** Whether the names are the same but for case, as HTTP compares them. */
  public boolean matches(String other) {
    return value
        .toLowerCase(Locale.ROOT)
        .equals(new MediaType(other).value().toLowerCase(Locale.ROOT));
  }

  @Override
  public String toString() {
    return value;
  }
}
