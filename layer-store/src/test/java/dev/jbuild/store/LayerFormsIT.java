package dev.jbuild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blob and directory, and what becomes of a layer's directory when the machine starts again. */
@Tag("root")
class LayerFormsIT {
  @TempDir private Path root;
  private Store store;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, for owners of unpacked files");
    store = Store.open(root, "test");
  }

  @AfterEach
  void close() {
    if (store != null) {
      store.close();
    }
  }

  private LayerBlob layer(Compression compression) {
    return store
        .layers()
        .write(
            compression,
            LayerWriter.Options.CANONICAL,
            writer -> {
              LayerBuilder layer = new LayerBuilder(FileTree.empty());
              for (int i = 0; i < 20; i++) {
                byte[] bytes = ("content " + i).repeat(1000).getBytes(UTF_8);
                layer.put(
                    new TreeEntry.RegularFile(
                        BytePath.of("d/f" + i),
                        Attributes.of(0644, 1, 2, Instant.EPOCH),
                        bytes.length,
                        ContentSource.of(bytes)));
              }
              layer.writeTo(writer);
            });
  }

  /** As if the machine had been switched off: what was written then belongs to another boot. */
  private void restart() throws IOException {
    store.close();
    try (var records = Files.walk(root.resolve("layers"))) {
      for (Path record : records.filter(file -> file.endsWith("fs.json")).toList()) {
        Files.writeString(
            record, Files.readString(record).replaceFirst("\"boot\":\"[^\"]+\"", "\"boot\":\"x\""));
      }
    }
    store = Store.open(root, "after the restart");
  }

  private DiffId adopted(Path[] file) throws IOException {
    try (Workspace workspace = store.workspace()) {
      Path upper = Files.createDirectory(workspace.path().resolve("fs"));
      Files.writeString(upper.resolve("f"), "made by a step");
      DiffId diffId = store.layers().adopt(upper, List.of()).diffId();
      file[0] = store.layers().unpacked(diffId).resolve("f");
      return diffId;
    }
  }

  @Test
  void everyCompressionIsMadeFromEveryOther() {
    DiffId diffId = layer(Compression.uncompressed()).diffId();
    for (Compression compression :
        List.of(
            Compression.gzip(),
            new Compression.Gzip(9),
            Compression.zstd(),
            Compression.uncompressed())) {
      LayerBlob direct = layer(compression);
      LayerBlob made = store.layers().blob(diffId, compression);
      assertThat(made).isEqualTo(direct);
      assertThat(made.diffId()).isEqualTo(diffId);
    }
    assertThat(store.layers().find(diffId).orElseThrow().blobs()).hasSize(4);
    assertThat(store.layers().find(diffId).orElseThrow().unpacked()).isFalse();
  }

  @Test
  void anEstargzBlobIsAnotherLayerAndIsMadeOnce() {
    DiffId diffId = layer(Compression.gzip()).diffId();
    LayerBlob estargz = store.layers().blob(diffId, Compression.estargz());
    assertThat(estargz.diffId()).isNotEqualTo(diffId);
    assertThat(estargz.blob().annotations()).isNotEmpty();
    assertThat(store.layers().blob(diffId, Compression.estargz())).isEqualTo(estargz);
    assertThat(store.layers().find(diffId).orElseThrow().blobs())
        .extracting(Descriptor::digest)
        .doesNotContain(estargz.blob().digest());
    assertThat(store.layers().unpacked(estargz.diffId()).resolve("d/f7")).exists();
    assertThat(store.check(false).findings()).isEmpty();
  }

  @Test
  void aForeignBlobAnswersForEveryLevelOfItsKind() {
    LayerBlob made = layer(new Compression.Gzip(1));
    Descriptor blob = made.blob();
    try (Store other = Store.open(root.resolve("other"), "other")) {
      other.blobs().put(blob.mediaType(), store.blobs().read(blob.digest()));
      other.layers().addBlob(made.diffId(), blob);
      assertThat(other.layers().blob(made.diffId(), new Compression.Gzip(9)).blob().digest())
          .isEqualTo(blob.digest());
      assertThat(store.layers().blob(made.diffId(), new Compression.Gzip(9)).blob().digest())
          .isNotEqualTo(blob.digest());
    }
  }

  @Test
  void aBlobWithOtherContentIsRefusedAndLeavesNothing() throws IOException {
    Digest digest = layer(Compression.gzip()).blob().digest();
    DiffId lie = new DiffId(Digest.of(new byte[] {1}));
    store.layers().addBlob(lie, Descriptor.of(MediaType.OCI_LAYER_GZIP, digest, 1));
    assertThatThrownBy(() -> store.layers().unpacked(lie))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT))
        .hasMessageContaining("blob " + digest + " is not layer " + lie);
    assertThat(root.resolve("ingest")).isEmptyDirectory();
    assertThat(root.resolve("layers").resolve(lie.digest().hex()).resolve("fs")).doesNotExist();
  }

  /** A layer of one file, and a blob of other content that an image says is that layer. */
  private LayerBlob liedAbout(String lie) throws IOException {
    LayerBlob layer;
    try (Store other = Store.open(root.resolve("other"), "other")) {
      Store own = store;
      store = other;
      layer = layer(Compression.gzip());
      store = own;
      Digest digest = store.blobs().put(MediaType.OCI_LAYER_GZIP, gzip(lie)).digest();
      store
          .layers()
          .addBlob(
              layer.diffId(), Descriptor.of(MediaType.OCI_LAYER_GZIP, digest, gzip(lie).length));
      store.blobs().put(layer.blob().mediaType(), other.blobs().read(layer.blob().digest()));
    }
    return layer;
  }

  private static byte[] gzip(String text) throws IOException {
    var bytes = new java.io.ByteArrayOutputStream();
    try (var out = new java.util.zip.GZIPOutputStream(bytes)) {
      out.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  private void isHeldByItsBlobs(DiffId layer) throws IOException {
    List<Descriptor> all = new ArrayList<>(store.layers().find(layer).orElseThrow().blobs());
    all.add(store.layers().blob(layer, Compression.gzip()).blob());
    all.add(store.layers().blob(layer, new Compression.Gzip(9)).blob());
    all.add(store.layers().fetch(layer));
    for (Descriptor blob : all) {
      try (var tar = Decompression.detect(store.blobs().open(blob.digest()))) {
        assertThat(Digest.of(tar.readAllBytes())).isEqualTo(layer.digest());
      }
    }
    assertThat(store.layers().unpacked(layer).resolve("d/f7")).exists();
  }

  /** Enough lies that some sort before the right blob and some after it. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "c", "d"})
  void blobThatAnImageSaysIsAnothersLayerIsNotTakenForIt(String lie) throws IOException {
    isHeldByItsBlobs(madeAfterwards(liedAbout(lie)));
  }

  private DiffId madeAfterwards(LayerBlob known) {
    assertThat(layer(Compression.gzip())).isEqualTo(known);
    return known.diffId();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "c", "d"})
  void blobOfAnImageIsFoundBesideALieOfAnEarlierImage(String lie) throws IOException {
    LayerBlob layer = liedAbout(lie);
    store.layers().addBlob(layer.diffId(), layer.blob());
    isHeldByItsBlobs(layer.diffId());
  }

  @Test
  void blobOnOfferIsFetchedInsteadOfALieOfAnEarlierImage() throws IOException {
    LayerBlob layer = liedAbout("a");
    store.layers().offer(layer.diffId(), layer.blob(), (_, _) -> {});
    assertThat(store.layers().fetch(layer.diffId())).isEqualTo(layer.blob());
    isHeldByItsBlobs(layer.diffId());
  }

  @Test
  void aBlobThatIsAskedForByItselfIsHadUnlessItIsALie() throws IOException {
    LayerBlob layer = liedAbout("a");
    Descriptor lie = store.layers().find(layer.diffId()).orElseThrow().blobs().getFirst();
    assertThat(lie).isNotEqualTo(layer.blob());
    assertThat(store.layers().fetch(layer.diffId(), layer.blob())).contains(layer.blob());
    assertThat(store.layers().fetch(layer.diffId(), lie)).isEmpty();
    assertThat(
            store
                .layers()
                .fetch(
                    layer.diffId(),
                    Descriptor.of(MediaType.OCI_LAYER_GZIP, Digest.of(new byte[1]), 1)))
        .as("not here and not on offer")
        .isEmpty();
    isHeldByItsBlobs(layer.diffId());
  }

  @Test
  void directoryThatAStepMadeIsCompressedInsteadOfTakingAnImagesWord() throws IOException {
    DiffId layer = adopted(new Path[1]);
    Digest lie = store.blobs().put(MediaType.OCI_LAYER_GZIP, gzip("lie")).digest();
    store.layers().addBlob(layer, Descriptor.of(MediaType.OCI_LAYER_GZIP, lie, gzip("lie").length));
    assertThat(store.layers().blob(layer, Compression.gzip()).blob().digest()).isNotEqualTo(lie);
    assertThat(store.layers().find(layer).orElseThrow().blobs())
        .extracting(Descriptor::digest)
        .doesNotContain(lie);
  }

  @Test
  void aDamagedBlobIsSaidToBeOneByWhoCompressesItAnew() throws IOException {
    LayerBlob plain = layer(Compression.uncompressed());
    Path file = store.blobs().path(plain.blob().digest());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.write(file, bytes);
    assertThatThrownBy(() -> store.layers().blob(plain.diffId(), Compression.gzip()))
        .isInstanceOf(BuildFailure.class)
        .hasMessageStartingWith("blob " + plain.blob().digest() + " is corrupt");
  }

  @Test
  void manyAskersUnpackOnce() throws Exception {
    DiffId diffId = layer(Compression.gzip()).diffId();
    List<Path> paths = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Path>> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        all.add(
            threads.submit(() -> {
              try (Store mine = Store.open(root, "asker")) {
                return mine.layers().unpacked(diffId);
              }
            }));
      }
      for (Future<Path> each : all) {
        paths.add(each.get());
      }
    }
    assertThat(paths).containsOnly(root.resolve("layers/" + diffId.digest().hex() + "/fs"));
    assertThat(root.resolve("ingest")).isEmptyDirectory();
  }

  @Test
  void aDirectoryThatSurvivedARestartIsUsedAgain() throws IOException {
    Path[] file = new Path[1];
    DiffId diffId = adopted(file);
    restart();
    assertThat(store.layers().unpacked(diffId).resolve("f")).isEqualTo(file[0]);
    assertThat(
            Files.readString(
                root.resolve("layers").resolve(diffId.digest().hex()).resolve("fs.json")))
        .contains("\"boot\":\"\"");
  }

  @Test
  void aDirectoryTornByARestartIsNotUsed() throws IOException {
    Path[] file = new Path[1];
    DiffId diffId = adopted(file);
    Files.writeString(file[0], "");
    restart();
    assertThat(store.layers().contains(diffId)).isFalse();
    assertThatThrownBy(() -> store.layers().unpacked(diffId))
        .hasMessage("layer " + diffId + " is not in the store");
  }

  @Test
  void aDirectoryOfAnEarlierBootIsUnpackedAnewFromItsBlob() throws IOException {
    DiffId diffId = layer(Compression.gzip()).diffId();
    Path file = store.layers().unpacked(diffId).resolve("d/f3");
    Files.writeString(file, "torn");
    restart();
    assertThat(store.layers().unpacked(diffId).resolve("d/f3"))
        .hasContent("content 3".repeat(1000));
  }

  @Test
  void aTornRecordIsTakenForNone() throws IOException {
    DiffId diffId = layer(Compression.gzip()).diffId();
    Path directory = store.layers().unpacked(diffId);
    Files.write(directory.resolveSibling("fs.json"), new byte[0]);
    try (var records = Files.list(directory.resolveSibling("blobs"))) {
      Files.write(records.findFirst().orElseThrow(), new byte[0]);
    }
    assertThat(store.layers().contains(diffId)).isFalse();
    // The blob is still there; whoever knows it makes the layer known again.
    LayerBlob again = layer(Compression.gzip());
    assertThat(again.diffId()).isEqualTo(diffId);
    assertThat(store.layers().unpacked(diffId).resolve("d/f3")).exists();
    assertThat(store.check(false).findings()).isEmpty();
  }

  @Test
  void aDirectoryWithTheOtherMarksIsUnpackedBesides() throws IOException {
    DiffId diffId = layer(Compression.gzip()).diffId();
    Path directory = store.layers().unpacked(diffId);
    Path record = directory.resolveSibling("fs.json");
    String foreign = Files.readString(record).contains("trusted") ? "user" : "trusted";
    Files.writeString(
        record,
        Files.readString(record)
            .replaceFirst("\"encoding\":\"[a-z]+\"", "\"encoding\":\"" + foreign + "\""));
    assertThat(store.layers().unpacked(diffId)).isEqualTo(directory.resolveSibling("fs2"));
    assertThat(directory).exists();
  }
}
