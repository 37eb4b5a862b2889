package dev.jbuild.store;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;

/**
 * A layer's tar as a blob in the store.
 *
 * @param diffId of the tar in this blob: an estargz blob has a table of contents in its tar, and so
 *     another diffID than the layer it was made from
 */
public record LayerBlob(DiffId diffId, Descriptor blob) {}
