package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.LayerExtractor;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Compares a store with what it says it is: every blob with its digest, every tag with the blobs it
 * reaches, every layer's blob and directory with the diffID.
 *
 * <p>Other processes may work meanwhile: what is reported was there, and wrong, while the check
 * looked at it. Repairs are made one by one with the collector's lock taken alone. On a full disk
 * there is no lease that could hold what is being looked at; the collector waits until all is.
 */
final class StoreCheck {
  private static final int MAX_DEPTH = 8;

  private final StoreLayout layout;
  private final LeaseFile lease;
  private final LayerForms forms;
  private final boolean repair;
  private final ReentrantLock reporting = new ReentrantLock();
  private final Map<String, CheckReport.Finding> findings = new LinkedHashMap<>();
  private final Set<Digest> bad = ConcurrentHashMap.newKeySet();
  private final AtomicLong blobs = new AtomicLong();
  private final AtomicLong layers = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();
  private final ReentrantLock repairing = new ReentrantLock();
  private @Nullable LockFile everything;

  StoreCheck(StoreLayout layout, LeaseFile lease, LayerForms forms, boolean repair) {
    this.layout = layout;
    this.lease = lease;
    this.forms = forms;
    this.repair = repair;
  }

  CheckReport run() throws IOException {
    if (!lease.canHold()) {
      everything = LockFile.shared(layout.collectorLock());
    }
    try {
      checkBlobs();
      checkTags();
      checkLayers();
      checkLeftovers();
    } finally {
      if (everything != null) {
        everything.close();
      }
    }
    return new CheckReport(
        List.copyOf(findings.values()), blobs.get(), layers.get(), skipped.get());
  }

  private interface Repair {
    void run() throws IOException;
  }

  private void report(CheckReport.Severity severity, String object, String what, Repair cure)
      throws IOException {
    if (repair) {
      repair(cure);
    }
    reporting.lock();
    try {
      findings.put(object + "\n" + what, new CheckReport.Finding(severity, object, what, repair));
    } finally {
      reporting.unlock();
    }
  }

  /** The lock that holds everything is let go of for it, as it is the one that is needed alone. */
  private void repair(Repair cure) throws IOException {
    repairing.lock();
    try {
      if (everything != null) {
        everything.close();
      }
      try (var _ = LockFile.exclusive(layout.collectorLock())) {
        cure.run();
      } finally {
        if (everything != null) {
          everything = LockFile.shared(layout.collectorLock());
        }
      }
    } finally {
      repairing.unlock();
    }
  }

  private void checkBlobs() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path algorithm : StoreScan.list(layout.blobs())) {
      files.addAll(StoreScan.list(algorithm));
    }
    Parallel.map(
        files,
        file -> {
          try {
            checkBlob(file);
          } catch (IOException e) {
            throw DiskFailures.of("check " + file, e);
          }
          return file;
        });
  }

  private void checkBlob(Path file) throws IOException {
    Digest digest;
    try {
      digest =
          new Digest(
              String.valueOf(layout.blobs().relativize(file).getName(0)),
              String.valueOf(file.getFileName()));
    } catch (BuildFailure e) {
      report(
          CheckReport.Severity.LEFTOVER,
          file.toString(),
          "is no blob: " + e.text(),
          () -> Files.deleteIfExists(file));
      return;
    }
    // What is being looked at must not be collected by another process.
    if (lease.canHold()) {
      lease.hold(digest);
    }
    try (InputStream in =
        new VerifiedInputStream(Files.newInputStream(file), digest, Files.size(file))) {
      in.transferTo(OutputStream.nullOutputStream());
      blobs.incrementAndGet();
    } catch (NoSuchFileException e) {
      // Removed since it was listed.
    } catch (IOException | BuildFailure e) {
      bad.add(digest);
      // Without the damaged file the blob is fetched or made again by whoever needs it.
      report(
          CheckReport.Severity.DAMAGED,
          "blob " + digest,
          e instanceof BuildFailure failure ? failure.text() : "is not readable: " + e.getMessage(),
          () -> Files.deleteIfExists(file));
    }
  }

  private void checkTags() throws IOException {
    List<Descriptor> entries;
    try {
      entries = IndexTags.entries(layout);
    } catch (BuildFailure e) {
      report(
          CheckReport.Severity.LOST,
          "index.json",
          e.text(),
          () -> DurableFiles.replaceAlone(layout, layout.index(), IndexTags.emptyIndex()));
      return;
    }
    for (Descriptor entry : entries) {
      String name = entry.annotation(Descriptor.REF_NAME).orElse(entry.digest().toString());
      List<String> missing = new ArrayList<>();
      reach(entry, missing, new HashSet<>(), 0);
      // Its blobs may be gone because the name is: another process removed both meanwhile.
      if (!missing.isEmpty() && IndexTags.entries(layout).contains(entry)) {
        report(
            CheckReport.Severity.LOST,
            "image \"" + name + "\"",
            String.join("; ", missing),
            () -> IndexTags.remove(layout, entry));
      }
    }
  }

  private void reach(Descriptor here, List<String> missing, Set<Digest> seen, int depth)
      throws IOException {
    if (depth > MAX_DEPTH || !seen.add(here.digest())) {
      return;
    }
    Path file = layout.blob(here.digest());
    long size;
    try {
      size = Files.size(file);
    } catch (NoSuchFileException e) {
      missing.add("blob " + here.digest() + " is missing");
      return;
    }
    if (bad.contains(here.digest())) {
      missing.add("blob " + here.digest() + " is damaged");
      return;
    }
    if (size != here.size()) {
      missing.add("blob " + here.digest() + " has " + size + " bytes, not " + here.size());
      return;
    }
    try {
      if (here.mediaType().isIndex()) {
        for (Descriptor each : ImageIndex.parse(Files.readAllBytes(file)).manifests()) {
          // An index that was pulled may name platforms that were not.
          if (Files.exists(layout.blob(each.digest())) || bad.contains(each.digest())) {
            reach(each, missing, seen, depth + 1);
          }
        }
      } else if (here.mediaType().isManifest()) {
        reachManifest(Manifest.parse(Files.readAllBytes(file)), missing, seen, depth);
      }
    } catch (BuildFailure e) {
      missing.add(e.text());
    }
  }

  private void reachManifest(Manifest manifest, List<String> missing, Set<Digest> seen, int depth)
      throws IOException {
    reach(manifest.config(), missing, seen, depth + 1);
    for (Descriptor layer : manifest.layers()) {
      if (!layer.mediaType().isForeign()) {
        reach(layer, missing, seen, depth + 1);
      }
    }
    if (manifest.config().mediaType().isConfig() && missing.isEmpty()) {
      int diffIds =
          ImageConfig.parse(Files.readAllBytes(layout.blob(manifest.config().digest())))
              .diffIds()
              .size();
      if (diffIds != manifest.layers().size()) {
        missing.add(
            manifest + " has " + manifest.layers().size() + " layers, its config " + diffIds);
      }
    }
  }

  private void checkLayers() throws IOException {
    List<DiffId> all = new ArrayList<>();
    for (Path directory : StoreScan.list(layout.layers())) {
      try {
        all.add(new DiffId(StoreLayout.parseName(String.valueOf(directory.getFileName()))));
      } catch (BuildFailure e) {
        report(
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
        report(
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
    report(
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
      report(
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
      report(
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

  private void checkLeftovers() throws IOException {
    StoreScan scan = StoreScan.of(layout);
    Holders holders;
    try (var _ = LockFile.shared(layout.collectorLock())) {
      holders =
          Holders.read(layout, new DirectoryLeases(layout).holdings(false), scan.layerBlobs());
    }
    for (StoreScan.Found found : scan.found()) {
      boolean rubbish =
          switch (found.kind()) {
            case SNAPSHOT -> true;
            case UNFINISHED -> !found.name().startsWith("ref-");
            case BLOB, UNPACKED_LAYER, LAYER_RECORD, RECORD, CACHE_MOUNT -> false;
          };
      if (rubbish && holders.of(found).isEmpty()) {
        report(
            CheckReport.Severity.LEFTOVER,
            layout.root().relativize(found.path()).toString(),
            "was left by a process that died",
            () -> forms.discard(found.path()));
      }
    }
  }
}
