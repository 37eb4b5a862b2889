package dev.jbuild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The numbers of a store's accounts add up to what is on the disk. */
class StoreAccountsTest {
  @TempDir private Path root;

  private static LayerBlob layer(Store store, String seed) {
    byte[] content = seed.repeat(20_000).getBytes(UTF_8);
    return store
        .layers()
        .write(
            Compression.uncompressed(),
            LayerWriter.Options.CANONICAL,
            writer -> {
              LayerBuilder layer = new LayerBuilder(FileTree.empty());
              layer.put(
                  new TreeEntry.RegularFile(
                      BytePath.of("f"),
                      Attributes.of(0644, 0, 0, Instant.EPOCH),
                      content.length,
                      ContentSource.of(content)));
              layer.writeTo(writer);
            });
  }

  private static Descriptor image(Store store, String name, LayerBlob... layers) {
    Descriptor config = store.blobs().put(MediaType.OCI_CONFIG, "{}".getBytes(UTF_8));
    Manifest manifest =
        Manifest.of(config, java.util.stream.Stream.of(layers).map(LayerBlob::blob).toList());
    Descriptor image = store.blobs().put(manifest.mediaType(), manifest.bytes());
    store.tags().put(name, image);
    return image;
  }

  private Path file(String name, int bytes) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, new byte[bytes]);
  }

  /** Something of every kind: tagged and not, in use and not, the store's and the engine's. */
  private void fill() throws IOException {
    try (Store store = Store.open(root, "writer")) {
      LayerBlob shared = layer(store, "a");
      image(store, "one:1", shared, layer(store, "b"));
      image(store, "two:1", shared);
      layer(store, "c");
    }
    file("cache/records/ab/ab12", 100);
    file("cache/http/0123/body", 50_000);
    file("cache/logs/build-1/step.log", 10_000);
    Files.createFile(root.resolve("cache/logs/build-1/.lock"));
    file("cache/mounts/hex/id", 5);
    file("cache/mounts/hex/0/deep/file", 30_000);
    Files.createFile(root.resolve("cache/mounts/hex/0.lock"));
    Files.createDirectories(root.resolve("cache/steps/empty"));
    file("ingest/ref-0123", 20_000);
    file("layers/" + "1".repeat(64) + "/fs/usr/file", 30_000);
    file("snapshots/dead/fs/file", 30_000);
    file("another/tools/file", 5_000);
  }

  @Test
  void whatIsInUseAddsUpToWhatIsOnTheDisk() throws IOException {
    fill();
    try (Store store = Store.open(root, "du")) {
      StoreUsage usage = store.usage();
      assertThat(usage.total()).isEqualTo(DiskUsage.of(root));
      assertThat(usage.items()).extracting(StoredItem::kind).contains(StoredItem.Kind.values());
    }
  }

  @Test
  void whatIsReclaimableIsWhatAPruneGivesBack() throws IOException {
    fill();
    try (Store store = Store.open(root, "prune")) {
      long before = DiskUsage.of(root);
      assertThat(store.usage().reclaimable()).isBetween(100_000L, before - 100_000);
      PruneReport report = store.prune(PruneOptions.everything());
      assertThat(report.remaining()).isEqualTo(DiskUsage.of(root));
      assertThat(report.freed()).isEqualTo(before - DiskUsage.of(root));
      StoreUsage after = store.usage();
      assertThat(after.total()).isEqualTo(report.remaining());
      assertThat(after.reclaimable()).isZero();
    }
  }

  @Test
  void whatHasNothingLeftInItGoesWithIt() throws IOException {
    fill();
    try (Store store = Store.open(root, "prune")) {
      store.tags().remove("one:1");
      store.tags().remove("two:1");
      store.prune(PruneOptions.everything());
    }
    assertThat(root.resolve("layers")).isEmptyDirectory();
    assertThat(root.resolve("cache/mounts")).isEmptyDirectory();
    for (String name : List.of("records", "http", "logs", "steps")) {
      assertThat(root.resolve("cache").resolve(name)).isEmptyDirectory();
    }
    assertThat(root.resolve("another/tools/file")).exists();
  }

  @Test
  void theHoldersAddUpToWhatIsLeft() throws IOException {
    fill();
    try (Store store = Store.open(root, "prune")) {
      PruneReport report =
          store.prune(new PruneOptions(java.util.OptionalLong.of(0), Duration.ofHours(1)));
      long alone = report.pins().stream().mapToLong(PruneReport.Pin::alone).sum();
      long shared =
          store.usage().items().stream()
              .filter(item -> item.heldBy().size() > 1)
              .mapToLong(StoredItem::bytes)
              .sum();
      assertThat(shared).isPositive();
      assertThat(alone + shared).isEqualTo(report.remaining());
      assertThat(report.pins())
          .extracting(PruneReport.Pin::holder)
          .containsExactlyInAnyOrder(
              "tag one:1", "tag two:1", PruneReport.LATE_USE, PruneReport.THE_STORE);
    }
  }

  @Test
  void recordsOfALayerAreGivenBackBeforeMoreIsRemovedThanTheCapAsksFor() throws IOException {
    try (Store store = Store.open(root, "writer")) {
      layer(store, "a");
      layer(store, "b");
    }
    try (Store store = Store.open(root, "prune")) {
      long total = store.usage().total();
      // One blob of 24 KiB is not enough; with its layer's records, which are three blocks, it is.
      PruneReport report = store.prune(PruneOptions.keep(total - 30 * 1024));
      assertThat(report.removed())
          .extracting(StoredItem::kind)
          .containsExactly(StoredItem.Kind.BLOB, StoredItem.Kind.LAYER_RECORD);
      assertThat(report.remaining())
          .isEqualTo(DiskUsage.of(root))
          .isLessThanOrEqualTo(total - 30 * 1024);
    }
  }

  @Test
  void theLogsOfABuildStayWholeWhileItWritesThem() throws IOException {
    Path log = file("cache/logs/build-1/step.log", 10_000);
    try (Store store = Store.open(root, "prune")) {
      try (LockFile _ = LockFile.shared(log.resolveSibling(".lock"))) {
        store.prune(PruneOptions.everything());
        assertThat(log).exists();
        assertThat(store.usage().items())
            .singleElement()
            .satisfies(item -> {
              assertThat(item.name()).isEqualTo("cache/logs/build-1");
              assertThat(item.heldBy()).containsExactly("a build that is writing its logs");
            });
      }
      store.prune(PruneOptions.everything());
      assertThat(log.getParent()).doesNotExist();
    }
  }

  @Test
  void theRecordOfADirectoryThatNeverCameGoes() throws IOException {
    Path record = file("layers/" + "0".repeat(64) + "/fs.json", 10);
    try (Store store = Store.open(root, "prune")) {
      store.prune(PruneOptions.keep(1 << 30));
    }
    assertThat(record.getParent()).doesNotExist();
  }
}
