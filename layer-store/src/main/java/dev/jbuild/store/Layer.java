package dev.jbuild.store;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import java.util.List;

/**
 * A layer and the forms of it that are in the store at this moment.
 *
 * @param blobs its tar, in any number of compressions; a blob's annotations carry nothing of weight
 * @param unpacked whether it is there as a directory
 */
public record Layer(DiffId diffId, List<Descriptor> blobs, boolean unpacked) {
  public Layer {
    blobs = List.copyOf(blobs);
  }
}
