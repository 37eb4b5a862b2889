package dev.jbuild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.CheckReport.Severity;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class StoreCheckIT {
  @TempDir private Path root;
  private Store store;
  private Image image;
  private DiffId layer;

  @BeforeEach
  void makeAnImage() throws IOException {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, for owners of unpacked files");
    store = Store.open(root, "test");
    image =
        new Images(store)
            .importRootfs(
                new ByteArrayInputStream(tar()), "x.tar", "x", Platform.parse("linux/amd64"), null);
    layer = image.config().diffIds().getFirst();
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static byte[] tar() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      for (String name : List.of("etc/passwd", "etc/group")) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(4);
        tar.putArchiveEntry(entry);
        tar.write("root".getBytes(UTF_8));
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  private Path blob(Digest digest) {
    return root.resolve("blobs/sha256").resolve(digest.hex());
  }

  private static void overwrite(Path file, byte[] bytes) throws IOException {
    Files.delete(file);
    Files.write(file, bytes);
  }

  @Test
  void aSoundStoreIsClean() {
    CheckReport report = store.check(false);
    assertThat(report.findings()).isEmpty();
    assertThat(report.blobs()).isEqualTo(3);
    assertThat(report.layers()).isEqualTo(1);
  }

  @Test
  void aDamagedBlobIsFoundAndItsImageIsLost() throws IOException {
    Digest digest = image.manifest().layers().getFirst().digest();
    byte[] bytes = Files.readAllBytes(blob(digest));
    bytes[bytes.length / 2] ^= 1;
    overwrite(blob(digest), bytes);
    CheckReport report = store.check(false);
    assertThat(report.isClean()).isFalse();
    assertThat(report.findings())
        .extracting(CheckReport.Finding::severity, CheckReport.Finding::object)
        .containsExactly(
            tuple(Severity.DAMAGED, "blob " + digest), tuple(Severity.LOST, "image \"x:latest\""));
    assertThat(report.findings().getLast().what()).isEqualTo("blob " + digest + " is damaged");
  }

  @Test
  void repairLeavesACleanStoreAndWhatCanBeMadeAgainIsMadeAgain() throws IOException {
    Digest digest = image.manifest().layers().getFirst().digest();
    overwrite(blob(digest), new byte[3]);
    assertThat(store.check(true).isClean()).isTrue();
    assertThat(store.check(false).findings()).isEmpty();
    assertThat(store.tags().list()).isEmpty();
    // The layer is still there unpacked, and gives the same blob.
    assertThat(store.layers().blob(layer, Compression.gzip()).blob().digest()).isEqualTo(digest);
  }

  @Test
  void aMissingConfigIsALostImage() throws IOException {
    Files.delete(blob(image.manifest().config().digest()));
    assertThat(store.check(false).findings())
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.severity()).isEqualTo(Severity.LOST);
          assertThat(finding.what())
              .isEqualTo("blob " + image.manifest().config().digest() + " is missing");
        });
  }

  @Test
  void aChangedDirectoryIsFoundAndUnpackedAnew() throws IOException {
    Path passwd = store.layers().unpacked(layer).resolve("etc/passwd");
    Files.writeString(passwd, "evil");
    CheckReport report = store.check(true);
    assertThat(report.findings())
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.severity()).isEqualTo(Severity.DAMAGED);
          assertThat(finding.object()).isEqualTo("layer " + layer);
        });
    assertThat(store.layers().unpacked(layer).resolve("etc/passwd")).hasContent("root");
    assertThat(store.check(false).findings()).isEmpty();
  }

  @Test
  void aDirectoryOfAForeignTarIsComparedWithItsBlob() throws IOException {
    // A tar that is not canonical is unpacked, but cannot be made again from what was unpacked.
    Digest foreign =
        store.blobs().put(image.manifest().layers().getFirst().mediaType(), tar()).digest();
    DiffId diffId = new DiffId(foreign);
    store.layers().addBlob(diffId, Descriptor.of(MediaType.OCI_LAYER, foreign, tar().length));
    Path passwd = store.layers().unpacked(diffId).resolve("etc/passwd");
    assertThat(store.check(false).findings()).isEmpty();
    Files.writeString(passwd, "evil");
    assertThat(store.check(false).findings())
        .extracting(CheckReport.Finding::object)
        .containsExactly("layer " + diffId);
  }

  @Test
  void aBlobThatIsAnotherLayerIsFound() throws IOException {
    Digest other = store.blobs().put(MediaType.OCI_LAYER, "x".getBytes(UTF_8)).digest();
    store.layers().addBlob(layer, Descriptor.of(MediaType.OCI_LAYER, other, 1));
    assertThat(store.check(true).findings())
        .singleElement()
        .satisfies(finding ->
            assertThat(finding.what())
                .isEqualTo(
                    "blob %s is not layer %s: its content hashes to %s"
                        .formatted(other, layer, other)));
    assertThat(store.check(false).findings()).isEmpty();
  }

  @Test
  void whatDeadProcessesLeftIsNamedAndHarmless() throws IOException {
    Files.createDirectories(root.resolve("snapshots/dead/fs"));
    Files.write(root.resolve("ingest/tmp-1"), new byte[1]);
    CheckReport report = store.check(false);
    assertThat(report.isClean()).isTrue();
    assertThat(report.findings())
        .extracting(CheckReport.Finding::object)
        .containsExactly("snapshots/dead", "ingest/tmp-1");
    store.check(true);
    assertThat(store.check(false).findings()).isEmpty();
  }

  @Test
  void anIndexThatIsNoJsonIsReplaced() throws IOException {
    Files.writeString(root.resolve("index.json"), "{");
    assertThat(store.check(true).findings().getFirst().severity()).isEqualTo(Severity.LOST);
    assertThat(store.check(false).isClean()).isTrue();
    assertThat(store.tags().list()).isEmpty();
  }

  @Test
  void damageThatAReaderMeetsDoesNotSpread() throws IOException {
    Path passwd = store.layers().unpacked(layer).resolve("etc/passwd");
    Files.writeString(passwd, "evil");
    // The directory is not the layer any more: the blob of another compression comes from the blob.
    LayerBlob zstd = store.layers().blob(layer, Compression.zstd());
    assertThat(zstd.diffId()).isEqualTo(layer);
    assertThat(store.layers().unpacked(layer).resolve("etc/passwd")).hasContent("root");
  }
}
