package dev.jbuild.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.CheckReport;
import dev.jbuild.store.LayerBlob;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.PruneReport;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store on a small file system that fills up, and on one whose disk fails. */
@Tag("root")
class FullDiskIT {
  private static final int MIB = 1 << 20;

  @TempDir private Path temp;
  private SmallDisk disk;

  @AfterEach
  void unmount() throws Exception {
    if (disk != null) {
      disk.close();
    }
  }

  private static byte[] noise(int length, long seed) {
    byte[] bytes = new byte[length];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) random.nextInt();
    }
    return bytes;
  }

  private static LayerBlob layer(Store store, int bytes, long seed, Compression compression) {
    byte[] content = noise(bytes, seed);
    return store
        .layers()
        .write(
            compression,
            LayerWriter.Options.CANONICAL,
            writer -> {
              LayerBuilder layer = new LayerBuilder(FileTree.empty());
              layer.put(
                  new TreeEntry.RegularFile(
                      BytePath.of("f" + seed),
                      Attributes.of(0644, 0, 0, Instant.EPOCH),
                      bytes,
                      ContentSource.of(content)));
              layer.writeTo(writer);
            });
  }

  private static void assertFull(Throwable thrown) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
              assertThat(failure.text()).endsWith("no space left on the store's file system");
              assertThat(failure.hint().orElseThrow()).contains("jbuild prune");
            });
  }

  private static void assertSound(Path root) {
    try (Store store = Store.open(root, "check")) {
      CheckReport report = store.check(false);
      assertThat(report.isClean()).as("%s", report.findings()).isTrue();
    }
  }

  @Test
  void aFullDiskIsSaidSoAndNothingIsLostAndSpaceComesBack() throws Exception {
    disk = SmallDisk.mount(temp, 24);
    Path root = disk.path().resolve("store");
    DiffId kept;
    try (Store store = Store.open(root, "first")) {
      LayerBlob layer = layer(store, MIB, 1, Compression.gzip());
      kept = layer.diffId();
      store.tags().put("kept:1", store.blobs().put(MediaType.OCI_MANIFEST, manifest(store, layer)));
      long before = disk.usable();
      assertFull(
          catchThrowable(() -> {
            for (int i = 2; i < 100; i++) {
              layer(store, 3 * MIB, i, Compression.gzip());
            }
          }));
      assertThat(root.resolve("ingest")).isEmptyDirectory();
      assertThat(before).isPositive();
    }
    assertSound(root);
    try (Store store = Store.open(root, "second")) {
      assertThat(store.prune(PruneOptions.everything()).freed()).isGreaterThan(12L * MIB);
      assertThat(disk.usable()).isGreaterThan(12L * MIB);
      layer(store, 3 * MIB, 1000, Compression.gzip());
      assertThat(store.tags().get("kept:1")).isPresent();
      assertThat(store.layers().unpacked(kept).resolve("f1")).exists();
    }
    assertSound(root);
  }

  private static byte[] manifest(Store store, LayerBlob layer) {
    Descriptor config =
        store
            .blobs()
            .put(
                MediaType.OCI_CONFIG,
                dev.jbuild.oci.ImageConfig.empty(dev.jbuild.oci.Platform.parse("linux/amd64"))
                    .withDiffIds(List.of(layer.diffId()))
                    .toBytes());
    return dev.jbuild.oci.Manifest.of(config, List.of(layer.blob())).bytes();
  }

  @Test
  void unpackingOntoAFullDiskLeavesNothingOfTheLayer() throws Exception {
    disk = SmallDisk.mount(temp, 24);
    Path root = disk.path().resolve("store");
    try (Store store = Store.open(root, "first")) {
      // Eight MiB of zeros are nothing as a blob; the file is not sparse, as it is not all zeros.
      byte[] content = new byte[10 * MIB];
      for (int i = 0; i < content.length; i += 512) {
        content[i] = 1;
      }
      DiffId layer =
          store
              .layers()
              .write(
                  Compression.zstd(),
                  LayerWriter.Options.CANONICAL,
                  writer -> {
                    LayerBuilder builder = new LayerBuilder(FileTree.empty());
                    for (int i = 0; i < 3; i++) {
                      builder.put(
                          new TreeEntry.RegularFile(
                              BytePath.of("f" + i),
                              Attributes.of(0644, 0, 0, Instant.EPOCH),
                              content.length,
                              ContentSource.of(content)));
                    }
                    builder.writeTo(writer);
                  })
              .diffId();
      assertFull(catchThrowable(() -> store.layers().unpacked(layer)));
      assertThat(root.resolve("ingest")).isEmptyDirectory();
      assertThat(store.layers().find(layer).orElseThrow().unpacked()).isFalse();
    }
    assertSound(root);
  }

  @Test
  void aTagOnAFullDiskIsTheOldOrTheNew() throws Exception {
    disk = SmallDisk.mount(temp, 16);
    Path root = disk.path().resolve("store");
    try (Store store = Store.open(root, "first")) {
      Descriptor one = store.blobs().put(MediaType.OCI_LAYER, noise(100, 1));
      Descriptor two = store.blobs().put(MediaType.OCI_LAYER, noise(100, 2));
      store.tags().put("a:1", one);
      disk.fill(0);
      assertFull(catchThrowable(() -> store.tags().put("a:1", two)));
      assertThat(store.tags().get("a:1").orElseThrow().digest()).isEqualTo(one.digest());
      assertFull(catchThrowable(() -> store.blobs().put(MediaType.OCI_LAYER, noise(9000, 3))));
      // A prune must work on a disk that is full.
      assertThat(prune(root)).isNotNull();
      disk.empty();
      store.tags().put("a:1", two);
      assertThat(store.tags().get("a:1").orElseThrow().digest()).isEqualTo(two.digest());
    }
  }

  private static PruneReport prune(Path root) {
    try (Store store = Store.open(root, "prune")) {
      return store.prune(PruneOptions.everything());
    }
  }

  @Test
  void aTagIsRemovedOnAFullDisk() throws Exception {
    disk = SmallDisk.mount(temp, 24);
    Path root = disk.path().resolve("store");
    DiffId unpacked;
    try (Store store = Store.open(root, "first")) {
      LayerBlob layer = layer(store, MIB, 1, Compression.gzip());
      Descriptor image = store.blobs().put(MediaType.OCI_MANIFEST, manifest(store, layer));
      store.tags().put("kept:1", image);
      store.tags().put("gone:1", image);
      unpacked = layer.diffId();
      store.layers().unpacked(unpacked);
    }
    disk.fill(0);
    try (Store store = Store.open(root, "second")) {
      assertThat(store.tags().remove("gone:1")).isTrue();
      assertThat(store.tags().list()).containsOnlyKeys("kept:1");
    }
    disk.empty();
    try (Store store = Store.open(root, "third")) {
      assertThat(store.layers().contains(unpacked)).isTrue();
    }
    assertSound(root);
  }

  @Test
  void aDiskThatCannotWriteIsSaidSoAndWhatWasThereStays() throws Exception {
    disk = SmallDisk.mount(temp, 64);
    Path root = disk.path().resolve("store");
    try (Store store = Store.open(root, "first")) {
      Descriptor kept = store.blobs().put(MediaType.OCI_LAYER, noise(MIB, 1));
      disk.cut(16);
      Throwable thrown =
          catchThrowable(() -> {
            for (int i = 2; i < 60; i++) {
              store.blobs().put(MediaType.OCI_LAYER, noise(MIB, i));
            }
          });
      assertThat(thrown)
          .isInstanceOfSatisfying(
              BuildFailure.class,
              failure -> {
                assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
                assertThat(failure.text()).matches("store blob sha256:.*nput/output error.*");
              });
      assertThat(store.blobs().read(kept.digest())).hasSize(MIB);
      assertThat(store.blobs().contains(Digest.of(noise(MIB, 59)))).isFalse();
    }
  }

  /** A disk that cannot read: the end of the file it is made of is gone. */
  @Test
  void aBlobThatCannotBeReadIsFoundAndRemovedByARepair() throws Exception {
    disk = SmallDisk.mount(temp, 32);
    Path root = disk.path().resolve("store");
    byte[] bytes = noise(16 * MIB, 1);
    Descriptor blob;
    try (Store store = Store.open(root, "first")) {
      blob = store.blobs().put(MediaType.OCI_LAYER, bytes);
    }
    disk.cut(14);
    try (Store store = Store.open(root, "second")) {
      assertThat(catchThrowable(() -> store.blobs().read(blob.digest())))
          .isInstanceOfSatisfying(
              BuildFailure.class,
              failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE));
      assertThat(store.check(false).findings())
          .anySatisfy(finding -> {
            assertThat(finding.object()).isEqualTo("blob " + blob.digest());
            assertThat(finding.what()).startsWith("is not readable");
          });
      assertThat(store.check(true).isClean()).isTrue();
      assertThat(store.blobs().contains(blob.digest())).isFalse();
    }
  }

  @Test
  void aWorkspaceOnAFullDiskIsRefusedInWords() throws Exception {
    disk = SmallDisk.mount(temp, 16);
    Path root = disk.path().resolve("store");
    try (Store store = Store.open(root, "first");
        Workspace workspace = store.workspace()) {
      Path upper = Files.createDirectory(workspace.path().resolve("fs"));
      Files.write(upper.resolve("f"), noise(MIB, 1));
      disk.fill(0);
      Throwable thrown =
          catchThrowable(() -> {
            DiffId layer = store.layers().adopt(upper, List.of()).diffId();
            store.layers().blob(layer, Compression.gzip());
          });
      assertFull(thrown);
      disk.empty();
    }
    assertSound(root);
  }

  /** Nothing can be written there that holds what is being looked at. */
  @Test
  void aCheckWorksOnAFullDisk() throws Exception {
    disk = SmallDisk.mount(temp, 24);
    Path root = disk.path().resolve("store");
    Descriptor damaged;
    try (Store store = Store.open(root, "first")) {
      LayerBlob layer = layer(store, MIB, 1, Compression.gzip());
      store.tags().put("kept:1", store.blobs().put(MediaType.OCI_MANIFEST, manifest(store, layer)));
      store.layers().unpacked(layer.diffId());
      damaged = store.blobs().put(MediaType.OCI_LAYER, noise(100, 2));
      Path file = store.blobs().path(damaged.digest());
      Files.delete(file);
      Files.write(file, noise(100, 3));
    }
    disk.fill(0);
    try (Store store = Store.open(root, "second")) {
      for (boolean repair : new boolean[] {false, true}) {
        CheckReport report = store.check(repair);
        assertThat(report.findings())
            .extracting(CheckReport.Finding::object)
            .containsExactly("blob " + damaged.digest());
        assertThat(report.blobs()).isEqualTo(3);
        assertThat(report.skipped()).isEqualTo(1);
      }
      assertThat(store.check(false).isClean()).isTrue();
    }
    disk.empty();
    assertSound(root);
  }
}
