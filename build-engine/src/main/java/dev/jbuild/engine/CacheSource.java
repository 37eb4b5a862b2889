package dev.jbuild.engine;

import dev.jbuild.oci.Digest;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where results that other builds made can be had, as {@code --cache-from}. One that cannot be read
 * is told as a warning and left out.
 */
public sealed interface CacheSource {

  /** As a person wrote it, for messages. */
  String name();

  /**
   * A cache that was exported to a registry, or an image with a cache inline.
   *
   * @param name of the image
   */
  record Registry(String name) implements CacheSource {}

  /**
   * A cache in an OCI image layout.
   *
   * @param directory of the layout
   * @param tag which of its entries is meant
   * @param manifest its digest, instead of a tag; null to go by the tag
   */
  record Local(Path directory, String tag, @Nullable Digest manifest) implements CacheSource {
    @Override
    public String name() {
      return directory.toString();
    }

    /** The digest that was given instead of a tag. */
    public Optional<Digest> digest() {
      return Optional.ofNullable(manifest);
    }
  }
}
