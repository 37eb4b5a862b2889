package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.CompressedLayer;
import dev.jbuild.layer.CompressedLayerStream;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerExtractor;
import dev.jbuild.layer.LayerTimes;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.layer.TreeChange;
import dev.jbuild.layer.UnpackedLayer;
import dev.jbuild.layer.UpperDiff;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Layers as the directories {@code layers/NAME} of a store root. */
final class DirectoryLayers implements LayerStore {

  /** What a handle and its forks have in common; a fork's offers are its own from then on. */
  record Shared(
      Map<DiffId, Offer> offers,
      Map<Form, Offer> formsOffered,
      StackView.Memory memory,
      OnceAtATime<DiffId, Path> unpacking,
      OnceAtATime<DiffId, Descriptor> fetching,
      OnceAtATime<Form, Optional<Descriptor>> fetchingForms,
      OnceAtATime<String, LayerBlob> compressing) {
    Shared() {
      this(
          new ConcurrentHashMap<>(),
          new ConcurrentHashMap<>(),
          new StackView.Memory(),
          new OnceAtATime<>(),
          new OnceAtATime<>(),
          new OnceAtATime<>(),
          new OnceAtATime<>());
    }

    /** An offer ends with the handle it was made to: its source may be a closed connection then. */
    Shared forked() {
      return new Shared(
          new ConcurrentHashMap<>(offers),
          new ConcurrentHashMap<>(formsOffered),
          memory,
          unpacking,
          new OnceAtATime<>(),
          new OnceAtATime<>(),
          compressing);
    }
  }

  /** A blob that can be had from elsewhere. */
  record Offer(Descriptor blob, BlobSource source) {}

  /** A layer in one of its compressions. */
  record Form(DiffId layer, Digest blob) {}

  private final StoreLayout layout;
  private final LeaseFile lease;
  private final DirectoryBlobStore blobs;
  private final StorageCap cap;
  private final LayerForms forms;
  private final LayerUnpacker unpacker;
  private final StackView views;
  private final StackMerger merger;
  private final Shared shared;

  DirectoryLayers(
      StoreLayout layout,
      LeaseFile lease,
      DirectoryBlobStore blobs,
      StorageCap cap,
      LayerForms forms,
      Shared shared) {
    this.layout = layout;
    this.lease = lease;
    this.blobs = blobs;
    this.cap = cap;
    this.forms = forms;
    this.shared = shared;
    unpacker = new LayerUnpacker(layout, forms);
    views = new StackView(this, shared.memory);
    merger = new StackMerger(layout, this, forms);
  }

  @Override
  public boolean contains(DiffId diffId) {
    return find(diffId).isPresent() || shared.offers.containsKey(diffId);
  }

  @Override
  public Optional<Layer> find(DiffId diffId) {
    lease.hold(diffId);
    try {
      List<Descriptor> present = new ArrayList<>();
      for (BlobRecord record : presentBlobs(diffId)) {
        present.add(record.blob());
      }
      boolean unpacked = forms.find(diffId).isPresent();
      return present.isEmpty() && !unpacked
          ? Optional.empty()
          : Optional.of(new Layer(diffId, present, unpacked));
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + diffId, e);
    }
  }

  /** The records of blobs that are in the store, and are this layer's own tar. */
  private List<BlobRecord> presentBlobs(DiffId diffId) throws IOException {
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
  private List<BlobRecord> recorded(DiffId diffId) throws IOException {
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
    Offer offer = shared.offers.get(diffId);
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

  @Override
  public void addBlob(DiffId diffId, Descriptor blob) {
    if (!blobs.contains(blob.digest())) {
      throw DirectoryBlobStore.missing(blob.digest());
    }
    record(diffId, BlobRecord.claimed(diffId, withoutPlace(blob)));
  }

  private void record(DiffId layer, BlobRecord record) {
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

  @Override
  public void offer(DiffId diffId, Descriptor blob, BlobSource source) {
    Offer offer = new Offer(blob, source);
    shared.offers.put(diffId, offer);
    shared.formsOffered.put(new Form(diffId, blob.digest()), offer);
  }

  @Override
  public Descriptor fetch(DiffId diffId) {
    return shared.fetching.run(diffId, () -> fetchOnce(diffId));
  }

  @Override
  public Optional<Descriptor> fetch(DiffId diffId, Descriptor blob) {
    Form form = new Form(diffId, blob.digest());
    return shared.fetchingForms.run(form, () -> fetchOnce(form, blob));
  }

  @Override
  public Optional<Descriptor> locate(DiffId diffId, Descriptor blob) {
    Form form = new Form(diffId, blob.digest());
    return !blobs.contains(form.blob) && shared.formsOffered.containsKey(form)
        ? Optional.of(withoutPlace(blob))
        : fetch(diffId, blob);
  }

  private Optional<Descriptor> fetchOnce(Form form, Descriptor blob) {
    lease.hold(form.layer);
    if (!blobs.contains(form.blob)) {
      Offer offer = shared.formsOffered.get(form);
      if (offer == null) {
        return Optional.empty();
      }
      offer.source.fetch(offer.blob, blobs);
    }
    addBlob(form.layer, blob);
    try {
      return presentBlobs(form.layer).stream()
          .map(BlobRecord::blob)
          .filter(present -> present.digest().equals(form.blob))
          .findFirst();
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + form.layer, e);
    }
  }

  /** Fetches a layer of which nothing is here yet but the offer. */
  void bring(DiffId diffId) {
    try {
      if (shared.offers.containsKey(diffId)
          && ready(diffId).isEmpty()
          && presentBlobs(diffId).isEmpty()) {
        fetch(diffId);
      }
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + diffId, e);
    }
  }

  private Descriptor fetchOnce(DiffId diffId) {
    lease.hold(diffId);
    try {
      List<BlobRecord> present = presentBlobs(diffId);
      if (!present.isEmpty()) {
        return present.getFirst().blob();
      }
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + diffId, e);
    }
    Offer offer = shared.offers.get(diffId);
    if (offer == null) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND, "layer " + diffId + " has no blob in the store");
    }
    // Of a blob that is here already, too: a source may have to see that it is this layer.
    offer.source.fetch(offer.blob, blobs);
    addBlob(diffId, offer.blob);
    return offer.blob;
  }

  @Override
  public LayerBlob write(
      Compression compression, LayerWriter.Options options, LayerContent content) {
    try (FileIngest ingest = FileIngest.anonymous(layout, lease, cap, "a layer");
        OutputStream sink = ingest.unhashed();
        CompressedLayerStream stream = CompressedLayerStream.open(sink, plain(compression))) {
      LayerWriter writer = new LayerWriter(stream, options);
      content.writeTo(writer);
      CompressedLayer written = stream.finish();
      return publish(ingest, written, plain(compression));
    } catch (IOException e) {
      throw DiskFailures.of("write a layer", e);
    }
  }

  /**
   * How a new layer is stored. The tar of an estargz blob is another layer, with one file more; it
   * is made from this one when an image is exported.
   */
  private static Compression plain(Compression compression) {
    return compression instanceof Compression.Estargz ? Compression.uncompressed() : compression;
  }

  @Override
  public LayerBlob importTar(InputStream tar, Compression compression) {
    try (ScratchDirectory scratch = ScratchDirectory.open(layout);
        DirFd target = DirFd.open(scratch.path());
        InputStream plain = Decompression.detect(tar)) {
      LayerExtractor.Extracted extracted =
          LayerExtractor.apply(plain, target, forms.encoding(), ExtractLimits.DEFAULT);
      LayerBlob written =
          write(
              compression,
              LayerWriter.Options.CANONICAL,
              writer -> {
                UnpackedLayer.read(target, writer::write);
                writer.finish();
              });
      forms.publish(written.diffId(), scratch.path(), true, true, extracted.implicit());
      return written;
    } catch (IOException e) {
      throw DiskFailures.of("import a tar", e);
    }
  }

  private LayerBlob publish(FileIngest ingest, CompressedLayer written, Compression compression) {
    // The layer first: a collector that sees the blob must see who holds it.
    lease.hold(written.diffId());
    ingest.commitHashed(written.digest());
    Descriptor blob =
        Descriptor.of(mediaType(compression), written.digest(), written.size())
            .withAnnotations(new TreeMap<>(written.annotations()));
    BlobRecord record = BlobRecord.made(written.diffId(), blob, compression);
    record(written.diffId(), record);
    if (!written.source().equals(written.diffId())) {
      // Found again when the layer that it was made from is asked for.
      record(written.source(), record);
    }
    return new LayerBlob(written.diffId(), blob);
  }

  private static MediaType mediaType(Compression compression) {
    return switch (compression) {
      case Compression.Uncompressed _ -> MediaType.OCI_LAYER;
      case Compression.Gzip _, Compression.Estargz _ -> MediaType.OCI_LAYER_GZIP;
      case Compression.Zstd _ -> MediaType.OCI_LAYER_ZSTD;
    };
  }

  @Override
  public LayerBlob blob(DiffId diffId, Compression compression) {
    return shared.compressing.run(
        BlobRecord.made(compression) + " " + diffId, () -> blobOnce(diffId, compression));
  }

  private LayerBlob blobOnce(DiffId diffId, Compression compression) {
    lease.hold(diffId);
    try (var _ = LockFile.exclusive(layout.lock("blob-" + StoreLayout.name(diffId.digest())))) {
      Optional<LayerBlob> there = answering(diffId, compression);
      if (there.isPresent()) {
        return there.get();
      }
      Optional<Path> directory = forms.findCanonical(diffId);
      if (directory.isPresent()) {
        Optional<LayerBlob> made = compress(diffId, directory.get(), compression);
        if (made.isPresent()) {
          return made.get();
        }
      }
      Descriptor source = fetch(diffId);
      Optional<LayerBlob> fetched = answering(diffId, compression);
      return fetched.isPresent() ? fetched.get() : recompress(diffId, source, compression);
    } catch (IOException e) {
      throw DiskFailures.of("compress layer " + diffId, e);
    }
  }

  private Optional<LayerBlob> answering(DiffId diffId, Compression compression) throws IOException {
    for (BlobRecord record : recorded(diffId)) {
      if (record.answers(compression)) {
        return Optional.of(new LayerBlob(record.diffId(), record.blob()));
      }
    }
    return Optional.empty();
  }

  private Optional<LayerBlob> compress(DiffId diffId, Path directory, Compression compression)
      throws IOException {
    try (DirFd root = DirFd.open(directory);
        FileIngest ingest = FileIngest.anonymous(layout, lease, cap, "a layer");
        OutputStream sink = ingest.unhashed();
        CompressedLayerStream stream = CompressedLayerStream.open(sink, compression)) {
      LayerWriter writer = new LayerWriter(stream, LayerWriter.Options.CANONICAL);
      UnpackedLayer.read(root, writer::write);
      writer.finish();
      CompressedLayer written = stream.finish();
      if (!written.source().equals(diffId)) {
        // Somebody changed the directory. What it holds now is another layer, or none.
        forms.discard(directory);
        return Optional.empty();
      }
      return Optional.of(publish(ingest, written, compression));
    }
  }

  /**
   * From a blob to one of another compression. The tar's digest, which is taken on the way in any
   * case, proves all that was read, so the blob's own is not; it is looked at when the tar is
   * wrong, to tell a damaged blob from one that is another layer.
   */
  private LayerBlob recompress(DiffId diffId, Descriptor source, Compression compression)
      throws IOException {
    Path file = blobs.path(source.digest());
    try (DirFd directory = DirFd.open(Objects.requireNonNull(file.getParent()));
        FileFd in = directory.openRead(BytePath.of(file.getFileName().toString()));
        FileIngest ingest = FileIngest.anonymous(layout, lease, cap, "a layer");
        OutputStream sink = ingest.unhashed();
        CompressedLayerStream stream = CompressedLayerStream.open(sink, compression)) {
      byte[] prefix = new byte[Decompression.PREFIX];
      int known = Math.max(0, in.readAt(0, prefix, 0, prefix.length));
      if (Decompression.of(Arrays.copyOf(prefix, known)) == Decompression.NONE) {
        stream.transferFrom(in, in.stat().size());
      } else {
        try (InputStream tar = Decompression.detect(in.inputStream())) {
          tar.transferTo(stream);
        }
      }
      CompressedLayer written = stream.finish();
      if (!written.source().equals(diffId)) {
        try (InputStream verified = blobs.open(source.digest())) {
          verified.transferTo(OutputStream.nullOutputStream());
        }
        throw mismatch(diffId, source, written.source());
      }
      return publish(ingest, written, compression);
    }
  }

  /** The tar in a blob; the read that meets its end fails if it is not the layer's. */
  private InputStream verified(DiffId diffId, Descriptor blob) throws IOException {
    return new VerifiedInputStream(
        Decompression.detect(blobs.open(blob.digest())),
        diffId.digest(),
        actual -> mismatch(diffId, blob, new DiffId(actual)));
  }

  private BuildFailure mismatch(DiffId diffId, Descriptor blob, DiffId actual) {
    try {
      new LayerRecords(layout, diffId).removeBlob(BlobRecord.claimed(diffId, blob));
    } catch (IOException e) {
      // It is found wrong again the next time.
    }
    return LayerUnpacker.mismatch(diffId, blob, actual);
  }

  @Override
  public Path unpacked(DiffId diffId) {
    return shared.unpacking.run(diffId, () -> unpackOnce(diffId));
  }

  private Path unpackOnce(DiffId diffId) {
    lease.hold(diffId);
    try {
      Optional<Path> there = forms.find(diffId);
      if (there.isPresent()) {
        return there.get();
      }
      Descriptor blob = shared.offers.containsKey(diffId) ? fetch(diffId) : anyBlob(diffId);
      Path unpacked = unpacker.unpack(diffId, blob, () -> blobs.open(blob.digest()));
      markRead(diffId, blob);
      return unpacked;
    } catch (IOException e) {
      throw DiskFailures.of("unpack layer " + diffId, e);
    }
  }

  private void markRead(DiffId diffId, Descriptor blob) throws IOException {
    LayerRecords records = new LayerRecords(layout, diffId);
    for (BlobRecord record : records.blobs()) {
      if (!record.read() && record.blob().digest().equals(blob.digest())) {
        note(records, record.afterReading());
      }
    }
  }

  /**
   * A blob of the layer; made from a form that another process unpacked, if that is all there is.
   */
  private Descriptor anyBlob(DiffId diffId) throws IOException {
    if (presentBlobs(diffId).isEmpty() && forms.findCanonical(diffId).isPresent()) {
      return blob(diffId, Compression.uncompressed()).blob();
    }
    if (presentBlobs(diffId).isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND, "layer " + diffId + " is not in the store");
    }
    return fetch(diffId);
  }

  @Override
  public List<Path> unpacked(List<DiffId> diffIds) {
    List<Path> ready = new ArrayList<>();
    try {
      for (DiffId diffId : diffIds) {
        Optional<Path> there = ready(diffId);
        if (there.isEmpty()) {
          // One is unpacked while others are on their way.
          return Parallel.map(diffIds, this::bring, this::unpacked);
        }
        ready.add(there.get());
      }
    } catch (IOException e) {
      throw DiskFailures.of("unpack a layer", e);
    }
    return ready;
  }

  @Override
  public FileTree view(List<DiffId> diffIds) {
    try {
      return views.open(merger.shorten(diffIds));
    } catch (IOException e) {
      throw DiskFailures.of("look into a root file system", e);
    }
  }

  @Override
  public List<Path> lowers(List<DiffId> diffIds) {
    try {
      // Steps that make the same change share one directory, and overlay refuses a directory that
      // is
      // given twice (ELOOP). The topmost says all that the lower one says.
      return unpacked(merger.shorten(diffIds)).reversed().stream().distinct().toList();
    } catch (IOException e) {
      throw DiskFailures.of("make a tall stack of layers short", e);
    }
  }

  void hold(DiffId diffId) {
    lease.hold(diffId);
  }

  /** A directory of the layer that is there already. */
  Optional<Path> ready(DiffId diffId) throws IOException {
    lease.hold(diffId);
    return forms.find(diffId);
  }

  /** The layer's tar, from whatever blob of it there is; fetched if it was only offered. */
  Optional<InputStream> tar(DiffId diffId) throws IOException {
    if (presentBlobs(diffId).isEmpty() && !shared.offers.containsKey(diffId)) {
      return Optional.empty();
    }
    return Optional.of(verified(diffId, fetch(diffId)));
  }

  @Override
  public List<BytePath> implicitDirectories(DiffId diffId) {
    try {
      return forms.implicit(diffId);
    } catch (IOException e) {
      throw DiskFailures.of("look up layer " + diffId, e);
    }
  }

  @Override
  public OverlayEncoding encoding() {
    return forms.encoding();
  }

  @Override
  public Layer adopt(Path upper, List<DiffId> parents, Optional<Instant> latest) {
    List<TreeChange> changes = new ArrayList<>();
    try (DirFd root = DirFd.open(upper);
        FileTree lower = view(parents)) {
      UpperDiff.ofUpper(root, lower, encoding(), changes::add);
      if (latest.isPresent()) {
        for (TreeChange change : changes) {
          LayerTimes.limit(root, change, latest.get());
        }
        changes.replaceAll(change -> LayerTimes.notAfter(change, latest.get()));
      }
      DiffId diffId = LayerHash.of(changes);
      lease.hold(diffId);
      boolean opaque = forms.settle(root, changes);
      forms.adopt(diffId, upper, opaque);
      views.remember(diffId, changes);
      return find(diffId).orElseThrow();
    } catch (IOException e) {
      throw DiskFailures.of("commit a step's changes", e);
    }
  }
}
