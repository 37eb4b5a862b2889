package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Decompression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which blobs layers have: those on record, proven by reading where something hangs on it, and
 * those that are offered from elsewhere and fetched when they are needed. Thread-safe.
 */
final class LayerBlobs {
  /** A blob that can be had from elsewhere. */
  record Offer(Descriptor blob, LayerStore.BlobSource source) {}

  /** A layer in one of its compressions. */
  record Form(DiffId layer, Digest blob) {}

  private final StoreLayout layout;
  private final LeaseFile lease;
  private final DirectoryBlobStore blobs;
  private final LayerForms forms;
  private final DirectoryLayers.Shared shared;

  LayerBlobs(
      StoreLayout layout,
      LeaseFile lease,
      DirectoryBlobStore blobs,
      LayerForms forms,
      DirectoryLayers.Shared shared) {
    this.layout = layout;
    this.lease = lease;
    this.blobs = blobs;
    this.forms = forms;
    this.shared = shared;
  }

  /** Whether the layer can be had from elsewhere. */
  boolean offered(DiffId diffId) {
    return shared.offers().containsKey(diffId);
  }

  /** The records of blobs that are in the store, and are this layer's own tar. */
  List<BlobRecord> present(DiffId diffId) throws IOException {
    List<BlobRecord> present = new ArrayList<>();
    for (BlobRecord record : recorded(diffId)) {
      if (record.diffId().equals(diffId)) {
        present.add(record);
      }
    }
    if (!present.isEmpty()) {
      new LayerRecords(layout, diffId).touch();
    }
    return present;
  }

  /**
   * The records of blobs that are in the store. What an image says of a blob is believed as long as
   * nothing else is known of the layer, and then only that image can be wrong. As soon as there is
   * another form of it, the blob is read: an image may name the layer of another one and give a
   * blob of its own, which must not get into images that are made of that layer.
   */
  List<BlobRecord> recorded(DiffId diffId) throws IOException {
    LayerRecords records = new LayerRecords(layout, diffId);
    List<BlobRecord> present = new ArrayList<>();
    for (BlobRecord record : records.blobs()) {
      if (blobs.contains(record.blob().digest())) {
        present.add(record);
      }
    }
    if (present.stream().allMatch(BlobRecord::read) || !isKnownOtherwise(diffId, present)) {
      return present;
    }
    List<BlobRecord> right = new ArrayList<>();
    for (BlobRecord record : present) {
      if (record.read()) {
        right.add(record);
      } else if (holds(record)) {
        note(records, record.afterReading());
        right.add(record.afterReading());
      }
    }
    return right;
  }

  private static void note(LayerRecords records, BlobRecord read) {
    try {
      records.addBlob(read);
    } catch (IOException e) {
      // Nothing else depends on it, and the disk may be full: the blob is read again next time.
    }
  }

  private boolean isKnownOtherwise(DiffId diffId, List<BlobRecord> present) throws IOException {
    Offer offer = shared.offers().get(diffId);
    return present.size() > 1
        || (offer != null && !offer.blob.digest().equals(present.getFirst().blob().digest()))
        || forms.find(diffId).isPresent();
  }

  /** Whether the blob holds the layer that it is recorded for; the record goes if it does not. */
  private boolean holds(BlobRecord record) throws IOException {
    try (InputStream tar = verified(record.diffId(), record.blob())) {
      tar.transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (IOException | BuildFailure e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      new LayerRecords(layout, record.diffId()).removeBlob(record);
      return false;
    }
  }

  /** Records what an image says of a blob that is in the store. */
  void add(DiffId diffId, Descriptor blob) {
    if (!blobs.contains(blob.digest())) {
      throw DirectoryBlobStore.missing(blob.digest());
    }
    record(diffId, BlobRecord.claimed(diffId, withoutPlace(blob)));
  }

  void record(DiffId layer, BlobRecord record) {
    lease.hold(layer);
    try {
      LayerRecords records = new LayerRecords(layout, layer);
      List<BlobRecord> known = records.blobs();
      if (!known.contains(record) && !known.contains(record.afterReading())) {
        records.addBlob(record);
      }
    } catch (IOException e) {
      throw DiskFailures.of("record layer " + layer, e);
    }
  }

  /** Where a blob can be had besides is no property of the layer. */
  private static Descriptor withoutPlace(Descriptor blob) {
    return Descriptor.of(blob.mediaType(), blob.digest(), blob.size())
        .withAnnotations(blob.annotations());
  }

  /** See {@link LayerStore#offer}. */
  void offer(DiffId diffId, Descriptor blob, LayerStore.BlobSource source) {
    Offer offer = new Offer(blob, source);
    shared.offers().put(diffId, offer);
    shared.formsOffered().put(new Form(diffId, blob.digest()), offer);
  }

  /** See {@link LayerStore#fetch(DiffId)}. */
  Descriptor fetch(DiffId diffId) {
    return shared.fetching().run(diffId, () -> fetchOnce(diffId));
  }

  /** See {@link LayerStore#fetch(DiffId, Descriptor)}. */
  Optional<Descriptor> fetch(DiffId diffId, Descriptor blob) {
    Form form = new Form(diffId, blob.digest());
    return shared.fetchingForms().run(form, () -> fetchOnce(form, blob));
  }

  /** See {@link LayerStore#locate}. */
  Optional<Descriptor> locate(DiffId diffId, Descriptor blob) {
    Form form = new Form(diffId, blob.digest());
    return !blobs.contains(form.blob) && shared.formsOffered().containsKey(form)
        ? Optional.of(withoutPlace(blob))
        : fetch(diffId, blob);
  }

  private Optional<Descriptor> fetchOnce(Form form, Descriptor blob) {
    lease.hold(form.layer);
    if (!blobs.contains(form.blob)) {
      Offer offer = shared.formsOffered().get(form);
      if (offer == null) {
        return Optional.empty();
      }
      offer.source.fetch(offer.blob, blobs);
    }
    add(form.layer, blob);
    try {
      return present(form.layer).stream()
          .map(BlobRecord::blob)
          .filter(present -> present.digest().equals(form.blob))
          .findFirst();
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + form.layer, e);
    }
  }

  /** Fetches a layer of which nothing is here yet but the offer. */
  void bring(DiffId diffId) {
    if (!offered(diffId)) {
      return;
    }
    lease.hold(diffId);
    try {
      if (forms.find(diffId).isEmpty() && present(diffId).isEmpty()) {
        fetch(diffId);
      }
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + diffId, e);
    }
  }

  private Descriptor fetchOnce(DiffId diffId) {
    lease.hold(diffId);
    try {
      List<BlobRecord> present = present(diffId);
      if (!present.isEmpty()) {
        return present.getFirst().blob();
      }
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + diffId, e);
    }
    Offer offer = shared.offers().get(diffId);
    if (offer == null) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND, "layer " + diffId + " has no blob in the store");
    }
    // Of a blob that is here already, too: a source may have to see that it is this layer.
    offer.source.fetch(offer.blob, blobs);
    add(diffId, offer.blob);
    return offer.blob;
  }

  /** The tar in a blob; the read that meets its end fails if it is not the layer's. */
  InputStream verified(DiffId diffId, Descriptor blob) throws IOException {
    return new VerifiedInputStream(
        Decompression.detect(blobs.open(blob.digest())),
        diffId.digest(),
        actual -> mismatch(diffId, blob, new DiffId(actual)));
  }

  /** The failure for a blob that is another layer; its record goes. */
  BuildFailure mismatch(DiffId diffId, Descriptor blob, DiffId actual) {
    try {
      new LayerRecords(layout, diffId).removeBlob(BlobRecord.claimed(diffId, blob));
    } catch (IOException e) {
      // It is found wrong again the next time.
    }
    return LayerUnpacker.mismatch(diffId, blob, actual);
  }

  /** Notes that all of a blob was read, and was the layer. */
  void markRead(DiffId diffId, Descriptor blob) throws IOException {
    LayerRecords records = new LayerRecords(layout, diffId);
    for (BlobRecord record : records.blobs()) {
      if (!record.read() && record.blob().digest().equals(blob.digest())) {
        note(records, record.afterReading());
      }
    }
  }

  /** The layer's tar, from whatever blob of it there is; fetched if it was only offered. */
  Optional<InputStream> tar(DiffId diffId) throws IOException {
    if (present(diffId).isEmpty() && !offered(diffId)) {
      return Optional.empty();
    }
    return Optional.of(verified(diffId, fetch(diffId)));
  }
}
