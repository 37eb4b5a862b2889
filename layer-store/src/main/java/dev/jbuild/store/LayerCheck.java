package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.LayerExtractor;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** Compares every layer's blob and directories with its diffID. */
final class LayerCheck {
  private final StoreLayout layout;
  private final LeaseFile lease;
  private final LayerForms forms;
  private final CheckFindings findings;
  private final Set<Digest> bad;
  private final AtomicLong layers = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();

  /**
   * @param bad blobs that do not hold what their digests say
   */
  LayerCheck(
      StoreLayout layout,
      LeaseFile lease,
      LayerForms forms,
      CheckFindings findings,
      Set<Digest> bad) {
    this.layout = layout;
    this.lease = lease;
    this.forms = forms;
    this.findings = findings;
    this.bad = bad;
  }

  void run() throws IOException {
    List<DiffId> all = new ArrayList<>();
    for (Path directory : StoreScan.list(layout.layers())) {
      try {
        all.add(new DiffId(StoreLayout.parseName(String.valueOf(directory.getFileName()))));
      } catch (BuildFailure e) {
        findings.report(
            CheckReport.Severity.LEFTOVER,
            directory.toString(),
            "is no layer: " + e.text(),
            () -> forms.discard(directory));
      }
    }
    Parallel.map(
        all,
        layer -> {
          try {
            checkLayer(new LayerRecords(layout, layer));
          } catch (IOException e) {
            throw DiskFailures.of("check layer " + layer, e);
          }
          return layer;
        });
  }

  private void checkLayer(LayerRecords records) throws IOException {
    if (lease.canHold()) {
      lease.hold(records.diffId());
    }
    Optional<BlobRecord> sound = Optional.empty();
    for (BlobRecord record : records.blobs()) {
      Digest digest = record.blob().digest();
      if (!Files.exists(layout.blob(digest))) {
        findings.report(
            CheckReport.Severity.LEFTOVER,
            "layer " + records.diffId(),
            "its blob " + digest + " is gone",
            () -> records.removeBlob(record));
      } else if (!bad.contains(digest) && checkContent(records, record)) {
        sound = Optional.of(record);
      }
    }
    for (String variant : records.variants()) {
      checkForm(records, variant, sound);
    }
  }

  /** Whether a blob's content is the layer it is noted for. */
  private boolean checkContent(LayerRecords records, BlobRecord record) throws IOException {
    Digest.Hasher hasher = Digest.hasher();
    try (InputStream in =
        Decompression.detect(Files.newInputStream(layout.blob(record.blob().digest())))) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        hasher.update(buffer, 0, n);
      }
    } catch (BuildFailure e) {
      hasher.digest();
    } catch (NoSuchFileException e) {
      return false;
    }
    DiffId actual = new DiffId(hasher.digest());
    if (actual.equals(record.diffId())) {
      return true;
    }
    findings.report(
        CheckReport.Severity.DAMAGED,
        "layer " + records.diffId(),
        LayerUnpacker.mismatch(record.diffId(), record.blob(), actual).text(),
        () -> records.removeBlob(record));
    return false;
  }

  private void checkForm(LayerRecords records, String variant, Optional<BlobRecord> blob)
      throws IOException {
    Path directory = records.unpackedDirectory(variant);
    Optional<UnpackedForm> form = records.form(variant);
    if (form.isEmpty()) {
      findings.report(
          CheckReport.Severity.LEFTOVER,
          "layer " + records.diffId(),
          directory + " has no readable record",
          () -> forms.discard(directory));
      return;
    }
    if (!form.get().idMap().equals(forms.idMap())) {
      // Owners look different from here; only a process with those id maps can tell.
      return;
    }
    Optional<DiffId> expected =
        form.get().canonical()
            ? Optional.of(records.diffId())
            : blob.isPresent() ? hashOfFreshCopy(blob.get()) : Optional.empty();
    if (expected.isEmpty()) {
      return;
    }
    layers.incrementAndGet();
    DiffId actual;
    try {
      actual = LayerHash.ofDirectory(directory);
    } catch (NoSuchFileException e) {
      return;
    }
    if (!actual.equals(expected.get())) {
      findings.report(
          // No image depends on a directory: those that are tagged have blobs.
          CheckReport.Severity.DAMAGED,
          "layer " + records.diffId(),
          directory + " was changed: its content hashes to " + actual + ", not " + expected.get(),
          () -> forms.discard(directory));
    }
  }

  /**
   * What a directory must hash to that was unpacked from a tar that is not canonical; empty if that
   * cannot be told here.
   */
  private Optional<DiffId> hashOfFreshCopy(BlobRecord blob) throws IOException {
    try (ScratchDirectory scratch = ScratchDirectory.open(layout);
        InputStream tar =
            Decompression.detect(Files.newInputStream(layout.blob(blob.blob().digest())));
        DirFd target = DirFd.open(scratch.path())) {
      LayerExtractor.apply(tar, target, forms.encoding(), ExtractLimits.DEFAULT);
      return Optional.of(LayerHash.ofDirectory(scratch.path()));
    } catch (BuildFailure e) {
      // The blob cannot be unpacked here at all, so nobody here unpacked it.
      return Optional.empty();
    } catch (IOException e) {
      if (!DiskFailures.isFull(e)) {
        throw e;
      }
      skipped.incrementAndGet();
      return Optional.empty();
    }
  }

  /** Directories that were compared. */
  long compared() {
    return layers.get();
  }

  /** Directories that could not be compared, for want of room on the disk. */
  long skipped() {
    return skipped.get();
  }
}
