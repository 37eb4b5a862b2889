package dev.jbuild.registry;

import dev.jbuild.oci.Digest;

/** What picks a manifest in a repository. */
public sealed interface Reference {

  /** A name that may move from one manifest to another. */
  record Tag(String name) implements Reference {
    @Override
    public String toString() {
      return name;
    }
  }

  /** One manifest for ever. */
  record ByDigest(Digest digest) implements Reference {
    @Override
    public String toString() {
      return digest.toString();
    }
  }

  static Reference of(Digest digest) {
    return new ByDigest(digest);
  }

  static Reference tag(String name) {
    return new Tag(name);
  }
}
