package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
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
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Layers as the directories {@code layers/NAME} of a store root. */
final class DirectoryLayers implements LayerStore {

  /** What a handle and its forks have in common; a fork's offers are its own from then on. */
  record Shared(
      Map<DiffId, LayerBlobs.Offer> offers,
      Map<LayerBlobs.Form, LayerBlobs.Offer> formsOffered,
      StackView.Memory memory,
      OnceAtATime<DiffId, Path> unpacking,
      OnceAtATime<DiffId, Descriptor> fetching,
      OnceAtATime<LayerBlobs.Form, Optional<Descriptor>> fetchingForms,
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

  private final StoreLayout layout;
  private final LeaseFile lease;
  private final DirectoryBlobStore blobs;
  private final LayerForms forms;
  private final LayerBlobs known;
  private final LayerCompressor compressor;
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
    this.forms = forms;
    this.shared = shared;
    known = new LayerBlobs(layout, lease, blobs, forms, shared);
    compressor = new LayerCompressor(layout, lease, blobs, cap, forms, known, shared.compressing);
    unpacker = new LayerUnpacker(layout, forms);
    views = new StackView(this, shared.memory);
    merger = new StackMerger(layout, this, forms);
  }

  @Override
  public boolean contains(DiffId diffId) {
    return find(diffId).isPresent() || known.offered(diffId);
  }

  @Override
  public Optional<Layer> find(DiffId diffId) {
    lease.hold(diffId);
    try {
      List<Descriptor> present = new ArrayList<>();
      for (BlobRecord record : known.present(diffId)) {
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

  @Override
  public void addBlob(DiffId diffId, Descriptor blob) {
    known.add(diffId, blob);
  }

  @Override
  public void offer(DiffId diffId, Descriptor blob, BlobSource source) {
    known.offer(diffId, blob, source);
  }

  @Override
  public Descriptor fetch(DiffId diffId) {
    return known.fetch(diffId);
  }

  @Override
  public Optional<Descriptor> fetch(DiffId diffId, Descriptor blob) {
    return known.fetch(diffId, blob);
  }

  @Override
  public Optional<Descriptor> locate(DiffId diffId, Descriptor blob) {
    return known.locate(diffId, blob);
  }

  @Override
  public LayerBlob write(
      Compression compression, LayerWriter.Options options, LayerContent content) {
    return compressor.write(compression, options, content);
  }

  @Override
  public LayerBlob blob(DiffId diffId, Compression compression) {
    return compressor.blob(diffId, compression);
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
      Descriptor blob = known.offered(diffId) ? known.fetch(diffId) : anyBlob(diffId);
      Path unpacked = unpacker.unpack(diffId, blob, () -> blobs.open(blob.digest()));
      known.markRead(diffId, blob);
      return unpacked;
    } catch (IOException e) {
      throw DiskFailures.of("unpack layer " + diffId, e);
    }
  }

  /**
   * A blob of the layer; made from a form that another process unpacked, if that is all there is.
   */
  private Descriptor anyBlob(DiffId diffId) throws IOException {
    if (known.present(diffId).isEmpty() && forms.findCanonical(diffId).isPresent()) {
      return blob(diffId, Compression.uncompressed()).blob();
    }
    if (known.present(diffId).isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND, "layer " + diffId + " is not in the store");
    }
    return known.fetch(diffId);
  }

  @Override
  public List<Path> unpacked(List<DiffId> diffIds) {
    List<Path> ready = new ArrayList<>();
    try {
      for (DiffId diffId : diffIds) {
        Optional<Path> there = ready(diffId);
        if (there.isEmpty()) {
          // One is unpacked while others are on their way.
          return Parallel.map(diffIds, known::bring, this::unpacked);
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
      // is given twice (ELOOP). The topmost says all that the lower one says.
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
    return known.tar(diffId);
  }

  void bring(DiffId diffId) {
    known.bring(diffId);
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
