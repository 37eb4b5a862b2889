package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Finds all that refers to an image: to its index, to the manifests of its platforms, and to what
 * refers to these. Asks the repository itself, no mirror: what a mirror has not heard of would be
 * missing without a word. Reads indexes, but keeps nothing.
 */
record ReferrerSearch(Registry registry, RepositoryName repository) {
  /** The names that cosign gives what belongs to a manifest, after the referrers tag's own. */
  private static final List<String> SUFFIXES = List.of(".sig", ".att", ".sbom");

  /** More is no image but a list that somebody makes without end. */
  private static final int MOST = 10_000;

  /** What one manifest leads to. */
  private record Found(List<Descriptor> children, List<Referrer> referrers) {}

  /**
   * Searches.
   *
   * @return each referrer once, after what it refers to
   * @throws BuildFailure of kind {@code CORRUPT} for a chain of more than {@link Document#DEPTH}
   */
  List<Referrer> of(Descriptor root) {
    List<Referrer> all = new ArrayList<>();
    Set<Digest> seen = new HashSet<>(Set.of(root.digest()));
    List<Descriptor> level = List.of(root);
    for (int depth = 0; !level.isEmpty(); depth++) {
      if (depth > Document.DEPTH) {
        throw new BuildFailure(
            BuildFailure.Kind.CORRUPT,
            "what refers to "
                + root.digest()
                + " in "
                + repository
                + " goes more than "
                + Document.DEPTH
                + " steps");
      }
      Map<Digest, Found> found = new ConcurrentHashMap<>();
      Parallel.run(level, manifest -> found.put(manifest.digest(), look(manifest)));
      List<Descriptor> next = new ArrayList<>();
      for (Descriptor manifest : level) {
        Found here = found.getOrDefault(manifest.digest(), new Found(List.of(), List.of()));
        for (Descriptor child : here.children) {
          if (seen.add(child.digest())) {
            next.add(child);
          }
        }
        for (Referrer referrer : here.referrers) {
          if (seen.add(referrer.descriptor().digest())) {
            all.add(referrer);
            next.add(referrer.descriptor());
          }
        }
        if (seen.size() > MOST) {
          throw new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "more than " + MOST + " manifests refer to " + root.digest() + " in " + repository);
        }
      }
      level = next;
    }
    return all;
  }

  private Found look(Descriptor manifest) {
    List<Descriptor> children = manifest.mediaType().isIndex() ? children(manifest) : List.of();
    List<Referrer> referrers = new ArrayList<>();
    for (Descriptor each :
        new Referrers(registry).list(repository, manifest.digest(), Optional.empty())) {
      referrers.add(new Referrer(manifest.digest(), each, Optional.empty()));
    }
    for (String suffix : SUFFIXES) {
      String tag = Referrers.tag(manifest.digest()) + suffix;
      tagged(tag)
          .ifPresent(
              each -> referrers.add(new Referrer(manifest.digest(), each, Optional.of(tag))));
    }
    return new Found(children, referrers);
  }

  /** What an index names; nothing if it is only listed, as what was deleted still is. */
  private List<Descriptor> children(Descriptor index) {
    try {
      RawManifest raw = registry.manifest(repository, Reference.of(index.digest()));
      return Document.parse(raw.descriptor(), raw.bytes()).manifests();
    } catch (RegistryFailure e) {
      if (e.kind() == BuildFailure.Kind.NOT_FOUND) {
        return List.of();
      }
      throw e;
    }
  }

  private Optional<Descriptor> tagged(String tag) {
    try {
      return Optional.of(registry.resolve(repository, Reference.tag(tag)));
    } catch (RegistryFailure e) {
      if (e.kind() == BuildFailure.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
