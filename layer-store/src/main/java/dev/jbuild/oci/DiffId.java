package dev.jbuild.oci;

/**
 * Names a layer by the digest of its uncompressed tar (OCI image-spec config.md "Layer DiffID").
 * One layer keeps its diffID whatever its blobs are compressed with.
 */
public record DiffId(Digest digest) implements Comparable<DiffId> {

  /** Reads {@code sha256:hex}. */
  public static DiffId parse(String text) {
    return new DiffId(Digest.parse(text));
  }

  @Override
  public int compareTo(DiffId other) {
    return digest.compareTo(other.digest);
  }

  @Override
  public String toString() {
    return digest.toString();
  }
}
