package dev.jbuild.engine;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a build made.
 *
 * @param buildId as in the events
 * @param image the manifest, or the index of a build for several platforms; null when no output
 *     asked for an image
 * @param configDigest of the image config, for a single platform; null otherwise
 * @param names the image has now, in the store or a registry; each once
 */
public record BuildResult(
    String buildId, @Nullable Descriptor image, @Nullable Digest configDigest, List<String> names) {

  public BuildResult {
    names = names.stream().distinct().toList();
  }

  public Optional<Descriptor> imageDescriptor() {
    return Optional.ofNullable(image);
  }

  public Optional<Digest> config() {
    return Optional.ofNullable(configDigest);
  }
}
