package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;

/**
 * What a name stands for at this moment.
 *
 * @param name as it was asked for
 * @param root the manifest or index
 * @param source the repository that said so, a mirror's or the name's own
 */
public record Resolved(ImageName name, Descriptor root, RepositoryName source) {

  /** The name pinned to what it stands for. */
  public ImageName pinned() {
    return name.at(root.digest());
  }
}
