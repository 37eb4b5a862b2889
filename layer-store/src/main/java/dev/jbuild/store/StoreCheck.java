package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Compares a store with what it says it is: every blob with its digest, every tag with the blobs it
 * reaches, every layer's blob and directory with the diffID.
 *
 * <p>Other processes may work meanwhile: what is reported was there, and wrong, while the check
 * looked at it. Repairs are made one by one with the collector's lock taken alone. On a full disk
 * there is no lease that could hold what is being looked at; the collector waits until all is.
 */
final class StoreCheck {
  private final StoreLayout layout;
  private final LeaseFile lease;
  private final LayerForms forms;
  private final CheckFindings findings;
  private final Set<Digest> bad = ConcurrentHashMap.newKeySet();
  private final AtomicLong blobs = new AtomicLong();

  StoreCheck(StoreLayout layout, LeaseFile lease, LayerForms forms, boolean repair) {
    this.layout = layout;
    this.lease = lease;
    this.forms = forms;
    this.findings = new CheckFindings(layout, repair);
  }

  CheckReport run() throws IOException {
    LayerCheck layers = new LayerCheck(layout, lease, forms, findings, bad);
    if (!lease.canHold()) {
      findings.holdEverything();
    }
    try {
      checkBlobs();
      new TagCheck(layout, findings, bad).run();
      layers.run();
      checkLeftovers();
    } finally {
      findings.release();
    }
    return new CheckReport(findings.all(), blobs.get(), layers.compared(), layers.skipped());
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
      findings.report(
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
      findings.report(
          CheckReport.Severity.DAMAGED,
          "blob " + digest,
          e instanceof BuildFailure failure ? failure.text() : "is not readable: " + e.getMessage(),
          () -> Files.deleteIfExists(file));
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
        findings.report(
            CheckReport.Severity.LEFTOVER,
            layout.root().relativize(found.path()).toString(),
            "was left by a process that died",
            () -> forms.discard(found.path()));
      }
    }
  }
}
