package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What refers to a manifest: signatures, bills of materials, attestations. A registry with the API
 * keeps the list itself; for any other the list is an index under a tag made of the subject's
 * digest (distribution-spec "Referrers Tag Schema"), which whoever pushes keeps.
 */
record Referrers(Registry registry) {

  List<Descriptor> list(RepositoryName repository, Digest subject, Optional<String> artifactType) {
    return registry
        .referrers(repository, subject, artifactType)
        .orElseGet(() ->
            new ReferrersQuery(subject, artifactType)
                .among(tagged(repository, subject).map(ImageIndex::manifests).orElse(List.of())));
  }

  /** Adds a pushed manifest to its subject's tag. Repeating it changes nothing. */
  void keep(RepositoryName repository, Digest subject, Document referrer) {
    Optional<ImageIndex> before = tagged(repository, subject);
    List<Descriptor> entries = new ArrayList<>(before.map(ImageIndex::manifests).orElse(List.of()));
    Descriptor entry = described(referrer);
    if (entries.stream().anyMatch(known -> known.digest().equals(entry.digest()))) {
      return;
    }
    entries.add(entry);
    ImageIndex index = ImageIndex.of(MediaType.OCI_INDEX, entries, Map.of());
    registry.pushManifest(
        repository, Reference.tag(tag(subject)), index.mediaType(), index.bytes());
  }

  /** The entry as the API would list it: with the artifact's type and annotations. */
  private static Descriptor described(Document referrer) {
    Descriptor plain = referrer.descriptor();
    return switch (referrer) {
      case Document.Image(Manifest manifest) ->
          new Descriptor(
              plain.mediaType(),
              plain.digest(),
              plain.size(),
              List.of(),
              manifest.annotations(),
              null,
              manifest.artifactType().orElse(manifest.config().mediaType()),
              null);
      case Document.Index(ImageIndex index) -> plain.withAnnotations(index.annotations());
    };
  }

  private Optional<ImageIndex> tagged(RepositoryName repository, Digest subject) {
    try {
      RawManifest raw = registry.manifest(repository, Reference.tag(tag(subject)));
      return raw.descriptor().mediaType().isIndex()
          ? Optional.of(ImageIndex.parse(raw.bytes()))
          : Optional.empty();
    } catch (RegistryFailure e) {
      if (e.kind() == BuildFailure.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** {@code sha256-…}, cut to what a tag may hold. */
  static String tag(Digest subject) {
    String algorithm = subject.algorithm();
    String hex = subject.hex();
    return algorithm.substring(0, Math.min(32, algorithm.length()))
        + "-"
        + hex.substring(0, Math.min(64, hex.length()));
  }
}
