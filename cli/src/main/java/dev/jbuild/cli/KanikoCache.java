package dev.jbuild.cli;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.ImageName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Kaniko's {@code --cache} with {@code --cache-repo}: the steps of all stages are kept in a
 * repository and found there by the next job, whose store is empty. Where Kaniko keeps an image for
 * each step under the step's key, here one tag holds the steps of one image; it is made of the
 * destination's repository and the target, so that images may share a cache repository as before.
 *
 * <p>As with Kaniko, a cache that cannot be read or written costs time and never the build.
 */
final class KanikoCache {
  private static final String LAYOUT = "oci:";
  private static final int DIGITS = 16;

  private final KanikoFlags flags;

  KanikoCache(KanikoFlags flags) {
    this.flags = flags;
  }

  /** Adds the cache to a request, if there is to be one. */
  void apply(Compression layers, BuildRequest.Builder request) {
    Optional<String> place = place();
    if (place.isEmpty()) {
      return;
    }
    CacheTarget.Options options =
        new CacheTarget.Options(
            true, layers instanceof Compression.Estargz ? Compression.gzip() : layers, false, true);
    String repository = place.get();
    if (repository.startsWith(LAYOUT)) {
      Path directory = Path.of(repository.substring(LAYOUT.length()));
      request.cacheFrom(new CacheSource.Local(directory, tag(), null));
      if (!flags.noPushCache) {
        request.cacheTo(new CacheTarget.Local(directory, tag(), options));
      }
    } else {
      String name = repository + ":" + tag();
      request.cacheFrom(new CacheSource.Registry(name));
      if (!flags.noPushCache) {
        request.cacheTo(new CacheTarget.Registry(name, options));
      }
    }
  }

  /** The registry that the cache is in, if it is in one. */
  Optional<String> host() {
    return place()
        .filter(repository -> !repository.startsWith(LAYOUT))
        .map(repository -> ImageName.parse(repository).repository().host());
  }

  /** As Kaniko infers it: {@code cache} below the first destination. */
  private Optional<String> place() {
    if (!flags.cache) {
      return Optional.empty();
    }
    @Nullable String given = flags.cacheRepo;
    if (given != null && !given.isEmpty()) {
      if (!given.startsWith(LAYOUT)) {
        requireRepository(given);
      }
      return Optional.of(given);
    }
    // Without a push there is no registry that the job is known to write to.
    return flags.noPush || flags.destinations.isEmpty()
        ? Optional.empty()
        : Optional.of(destination() + "/cache");
  }

  private static void requireRepository(String given) {
    ImageName name = ImageName.parse(given);
    if (name.digest().isPresent() || given.indexOf(':', given.lastIndexOf('/') + 1) >= 0) {
      throw new UsageError(
          "--cache-repo is a repository, without tag or digest",
          "--cache-repo " + name.repository());
    }
  }

  private String destination() {
    return ImageName.parse(flags.destinations.getFirst()).repository().toString();
  }

  private String tag() {
    String image = flags.destinations.isEmpty() ? "" : destination();
    String target = flags.target == null ? "" : flags.target;
    byte[] both = (image + "\n" + target).getBytes(StandardCharsets.UTF_8);
    return "jbuild-" + Digest.of(both).hex().substring(0, DIGITS);
  }
}
