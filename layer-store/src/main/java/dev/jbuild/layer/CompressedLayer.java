package dev.jbuild.layer;

import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.util.Map;

/**
 * What came out of one pass over a layer's tar.
 *
 * @param source digest of the tar that was written into the stream: the layer
 * @param diffId digest of the tar as a reader of the blob sees it; differs from {@code source} only
 *     for estargz, whose tar has its table of contents in it
 * @param tarSize bytes of that tar
 * @param digest of the blob
 * @param size bytes of the blob
 * @param annotations for the blob's descriptor, such as the digest of an estargz table of contents
 */
public record CompressedLayer(
    DiffId source,
    DiffId diffId,
    long tarSize,
    Digest digest,
    long size,
    Map<String, String> annotations) {
  public CompressedLayer {
    annotations = Map.copyOf(annotations);
  }
}
