package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What is asked of the referrers API (distribution-spec "Listing Referrers").
 *
 * @param subject the manifest that is referred to
 * @param artifactType what the referrers are to be; empty for all of them
 */
public record ReferrersQuery(Digest subject, Optional<String> artifactType) {

  /** The path below the repository's, with the query. */
  public String path() {
    String filter =
        artifactType
            .map(type -> "?artifactType=" + URLEncoder.encode(type, StandardCharsets.UTF_8))
            .orElse("");
    return "/referrers/" + subject + filter;
  }

  /** Those that were asked for: a registry may leave the filter to the client. */
  public List<Descriptor> among(List<Descriptor> listed) {
    return listed.stream().filter(this::fits).toList();
  }

  private boolean fits(Descriptor descriptor) {
    return artifactType.isEmpty()
        || (descriptor.artifactType() != null
            && descriptor.artifactType().value().equals(artifactType.get()));
  }
}
