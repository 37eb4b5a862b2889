package dev.jbuild.store;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Layers by diffID, in blob form, unpacked form or both.
 *
 * <p>A form that is missing is made from the other when it is asked for; two askers share the work.
 * Asking for a layer makes the handle's lease hold it. Thread-safe.
 */
public interface LayerStore {

  /** Whether the layer's content can be had: in some form, or from a source offered for it. */
  boolean contains(DiffId diffId);

  /** The layer and its forms; empty if there is no form of it. */
  Optional<Layer> find(DiffId diffId);

  /**
   * Says that a blob in the store is this layer. Believed until the layer is unpacked: then the
   * diffID is checked, and a lie removes the record.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} if the blob is not in the store
   */
  void addBlob(DiffId diffId, Descriptor blob);

  /**
   * Says where a layer can be had that nobody may ever need: {@code source} is called at most once
   * at a time, and only when the bytes are wanted. Known to this handle and its forks only.
   */
  void offer(DiffId diffId, Descriptor blob, BlobSource source);

  /**
   * The directory that holds the layer in overlay form, made from a blob if need be. Read-only for
   * everyone.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND}, {@code CORRUPT} if the blob's
   *     content is not the layer
   */
  Path unpacked(DiffId diffId);

  /** Brings a blob into a store from elsewhere: a registry, another layout. */
  @FunctionalInterface
  interface BlobSource {
    /** Ingests the blob and returns when it is committed. */
    void fetch(Descriptor blob, BlobStore into);
  }
}
