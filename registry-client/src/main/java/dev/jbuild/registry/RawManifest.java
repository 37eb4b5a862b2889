package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;

/**
 * A manifest or index exactly as it was received. Immutable as long as its bytes are left alone.
 */
public final class RawManifest {
  private final Descriptor descriptor;
  private final byte[] bytes;

  /**
   * @param descriptor of these bytes
   * @param bytes not copied
   */
  public RawManifest(Descriptor descriptor, byte[] bytes) {
    this.descriptor = descriptor;
    this.bytes = bytes;
  }

  /**
   * True digest and size, computed over the bytes; the media type is what the document says of
   * itself, else what the registry said.
   */
  public Descriptor descriptor() {
    return descriptor;
  }

  /** Never parsed and written again; not a copy, so do not change them. */
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return descriptor.mediaType() + " " + descriptor.digest();
  }
}
