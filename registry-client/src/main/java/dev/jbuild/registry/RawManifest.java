package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;

/**
 * A manifest or index exactly as it was received.
 *
 * @param descriptor its true digest and size, computed over the bytes; the media type is what the
 *     document says of itself, else what the registry said
 * @param bytes never parsed and written again; not copied, so do not change them
 */
public record RawManifest(Descriptor descriptor, byte[] bytes) {}
