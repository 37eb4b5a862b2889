package dev.jbuild.store;

import dev.jbuild.layer.Compression;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Layers by diffID, in blob form, unpacked form or both.
 *
 * <p>A form that is missing is made from the other when it is asked for; two askers share the work.
 * Asking for a layer makes the handle's lease hold it, in all its forms. Thread-safe.
 */
public interface LayerStore {

  /** Whether the layer's content can be had: in some form, or from a source offered for it. */
  boolean contains(DiffId diffId);

  /** The layer and its forms; empty if there is no form of it. */
  Optional<Layer> find(DiffId diffId);

  /**
   * Says that a blob in the store is this layer. Believed until the layer is unpacked or compressed
   * anew: then the diffID is checked, and a lie removes the record.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} if the blob is not in the store
   */
  void addBlob(DiffId diffId, Descriptor blob);

  /**
   * Says where a layer can be had that nobody may ever need: {@code source} is called at most once
   * at a time, and only when the bytes are wanted. Known to this handle and the forks made of it
   * afterwards; a later offer of the same layer is the one that counts, unless it is asked for
   * another blob.
   */
  void offer(DiffId diffId, Descriptor blob, BlobSource source);

  /**
   * Makes sure that a layer's blob is in the store, whatever its compression: the one there is, or
   * the one that was offered. Does nothing for a layer that has a blob.
   *
   * @return a blob of the layer
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} if the layer has only been unpacked
   *     here and no blob of it was made yet
   */
  Descriptor fetch(DiffId diffId);

  /**
   * Makes sure that this very blob of a layer is in the store, whatever other blobs it has: the one
   * that an image names, and that is there or was offered.
   *
   * @return the blob as a layer's; empty if it cannot be had, or turns out not to be the layer
   */
  Optional<Descriptor> fetch(DiffId diffId, Descriptor blob);

  /** As {@link #fetch(DiffId, Descriptor)}, but a blob that is on offer stays where it is. */
  Optional<Descriptor> locate(DiffId diffId, Descriptor blob);

  /**
   * Writes a new layer straight to its blob; it is not unpacked. What {@code content} writes is
   * hashed and compressed on the way.
   */
  LayerBlob write(Compression compression, LayerWriter.Options options, LayerContent content);

  /**
   * Brings in a tar of any origin as a new layer: its content is unpacked and written again in
   * canonical form, so that tars of equal content make equal layers.
   *
   * @param tar may be compressed; read to its end and closed
   * @throws dev.jbuild.failure.BuildFailure {@code CORRUPT} if it is no proper tar, or means harm
   */
  LayerBlob importTar(InputStream tar, Compression compression);

  /**
   * The layer as a blob with this compression, made if there is none: from the unpacked form, or
   * from a blob with another compression. A blob that came from elsewhere answers for every level
   * of its kind. Equal layers give equal blobs, whatever they are made from.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND}, {@code CORRUPT}
   */
  LayerBlob blob(DiffId diffId, Compression compression);

  /**
   * The directory that holds the layer in overlay form, made from a blob if need be. Read-only for
   * everyone.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND}, {@code CORRUPT} if the blob's
   *     content is not the layer
   */
  Path unpacked(DiffId diffId);

  /** Unpacks what of these is not, several at a time; as {@link #unpacked} for each, in order. */
  List<Path> unpacked(List<DiffId> diffIds);

  /**
   * The directories to mount for the root file system that these layers make: topmost first, and of
   * a tall stack fewer than layers, as no mount takes more than 500.
   */
  List<Path> lowers(List<DiffId> diffIds);

  /**
   * Look-ups in the root file system that these layers make, bottom first, without a mount.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} if a layer cannot be had
   */
  FileTree view(List<DiffId> diffIds);

  /**
   * Takes an overlay's upper directory as a new layer, in unpacked form; no blob is made. The
   * directory must be on the store's file system and no longer mounted; it is moved, or left as
   * rubbish if the layer is there already.
   *
   * @param parents what the overlay's lowers hold, bottom first
   * @param latest no file of the layer is dated later
   */
  Layer adopt(Path upper, List<DiffId> parents, Optional<Instant> latest);

  /** As {@link #adopt(Path, List, Optional)}, with times as they are. */
  default Layer adopt(Path upper, List<DiffId> parents) {
    return adopt(upper, parents, Optional.empty());
  }

  /**
   * The directories of an unpacked layer that its tar does not describe, but holds something in. A
   * mount would show them as root's with mode 0755 instead of as the layers below have them.
   */
  List<BytePath> implicitDirectories(DiffId diffId);

  /** How unpacked layers mark opaque directories for this process's mounts. */
  OverlayEncoding encoding();

  /** Writes the changes of a layer, in tree order, and finishes the writer. */
  @FunctionalInterface
  interface LayerContent {
    void writeTo(LayerWriter writer) throws IOException;
  }

  /** Brings a blob into a store from elsewhere: a registry, another layout. */
  @FunctionalInterface
  interface BlobSource {
    /**
     * Ingests the blob, unless it is there, and returns when it is committed. May refuse a blob
     * that is not the layer it was offered for.
     */
    void fetch(Descriptor blob, BlobStore into);
  }
}
