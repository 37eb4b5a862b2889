package dev.jbuild.store;

import dev.jbuild.layer.CompressedLayer;
import dev.jbuild.layer.CompressedLayerStream;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.UnpackedLayer;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Makes blobs of layers: of new content, of a directory, or of a blob in another compression. One
 * that is there already is taken as it is. Thread-safe.
 */
final class LayerCompressor {
  private final StoreLayout layout;
  private final LeaseFile lease;
  private final DirectoryBlobStore blobs;
  private final StorageCap cap;
  private final LayerForms forms;
  private final LayerBlobs known;
  private final OnceAtATime<String, LayerBlob> compressing;

  LayerCompressor(
      StoreLayout layout,
      LeaseFile lease,
      DirectoryBlobStore blobs,
      StorageCap cap,
      LayerForms forms,
      LayerBlobs known,
      OnceAtATime<String, LayerBlob> compressing) {
    this.layout = layout;
    this.lease = lease;
    this.blobs = blobs;
    this.cap = cap;
    this.forms = forms;
    this.known = known;
    this.compressing = compressing;
  }

  /** See {@link LayerStore#write}. */
  LayerBlob write(
      Compression compression, LayerWriter.Options options, LayerStore.LayerContent content) {
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

  private LayerBlob publish(FileIngest ingest, CompressedLayer written, Compression compression) {
    // The layer first: a collector that sees the blob must see who holds it.
    lease.hold(written.diffId());
    ingest.commitHashed(written.digest());
    Descriptor blob =
        Descriptor.of(mediaType(compression), written.digest(), written.size())
            .withAnnotations(new TreeMap<>(written.annotations()));
    BlobRecord record = BlobRecord.made(written.diffId(), blob, compression);
    known.record(written.diffId(), record);
    if (!written.source().equals(written.diffId())) {
      // Found again when the layer that it was made from is asked for.
      known.record(written.source(), record);
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

  /** See {@link LayerStore#blob}. */
  LayerBlob blob(DiffId diffId, Compression compression) {
    return compressing.run(
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
      Descriptor source = known.fetch(diffId);
      Optional<LayerBlob> fetched = answering(diffId, compression);
      return fetched.isPresent() ? fetched.get() : recompress(diffId, source, compression);
    } catch (IOException e) {
      throw DiskFailures.of("compress layer " + diffId, e);
    }
  }

  private Optional<LayerBlob> answering(DiffId diffId, Compression compression) throws IOException {
    for (BlobRecord record : known.recorded(diffId)) {
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
      int length = Math.max(0, in.readAt(0, prefix, 0, prefix.length));
      if (Decompression.of(Arrays.copyOf(prefix, length)) == Decompression.NONE) {
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
        throw known.mismatch(diffId, source, written.source());
      }
      return publish(ingest, written, compression);
    }
  }
}
