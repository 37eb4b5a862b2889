package dev.jbuild.engine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.Output.ImageOptions;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.LayerBlob;
import dev.jbuild.store.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageManifestsTest {
  private static final Platform PLATFORM = Platform.parse("linux/amd64");
  private static final ImageOptions GZIP = new ImageOptions(Compression.gzip(), true, true, null);

  @TempDir Path folder;

  private static List<DiffId> layers(Store store, int count) {
    List<DiffId> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      layers.add(
          store
              .layers()
              .importTar(new ByteArrayInputStream(tar("file" + i)), Compression.uncompressed())
              .diffId());
    }
    assertThat(layers).doesNotHaveDuplicates();
    return layers;
  }

  private static byte[] tar(String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      tar.putArchiveEntry(new TarArchiveEntry(name));
      tar.closeArchiveEntry();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static PlatformImage image(List<DiffId> layers) {
    return new PlatformImage(PLATFORM, ImageConfig.empty(PLATFORM).withDiffIds(layers), List.of());
  }

  @Test
  void layersStayInTheirOrderWhicheverIsReadyFirst() {
    try (Store store = Store.open(folder, "test");
        BuildScope scope = new BuildScope(1)) {
      List<DiffId> layers = layers(store, 6);
      Descriptor image =
          new ImageManifests(store, scope, Map.of(), false)
              .write(List.of(image(layers)), GZIP, _ -> {});
      List<Descriptor> expected = new ArrayList<>();
      for (DiffId layer : layers) {
        expected.add(store.layers().blob(layer, Compression.gzip()).blob());
      }
      assertThat(Manifest.parse(store.blobs().read(image.digest())).layers()).isEqualTo(expected);
    }
  }

  @Test
  void annotationWithoutAnIndexIsToldBeforeAnyLayerIsReady() {
    List<Descriptor> ready = new CopyOnWriteArrayList<>();
    try (Store store = Store.open(folder, "test");
        BuildScope scope = new BuildScope(1)) {
      PlatformImage image = image(layers(store, 2));
      ImageManifests manifests = new ImageManifests(store, scope, Map.of("index:a", "b"), false);
      assertThatThrownBy(() -> manifests.write(List.of(image), GZIP, ready::add))
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining("no index to annotate");
    }
    assertThat(ready).isEmpty();
  }

  @Test
  void aLayerIsCompressedWhileTheOneBeforeItIsBeingCompleted() {
    CyclicBarrier both = new CyclicBarrier(2);
    try (Store store = Store.open(folder, "test");
        BuildScope scope = new BuildScope(1)) {
      new ImageManifests(store, scope, Map.of(), false)
          .write(List.of(image(layers(store, 2))), GZIP, _ -> meet(both));
    }
    assertThat(both.isBroken()).isFalse();
  }

  /** One layer, which is known in two compressions: two bases have it so, and a step makes it. */
  @Test
  void eachPlatformIsWhatItWouldBeAlone() throws IOException {
    try (Store store = Store.open(folder, "test");
        BuildScope scope = new BuildScope(1)) {
      LayerBlob plain =
          store
              .layers()
              .importTar(new ByteArrayInputStream(tar("file")), Compression.uncompressed());
      DiffId layer = plain.diffId();
      Descriptor gzip = store.layers().blob(layer, Compression.gzip()).blob();
      Descriptor zstd = store.layers().blob(layer, Compression.zstd()).blob();
      Map<String, List<Descriptor>> bases =
          Map.of(
              "linux/amd64", List.of(gzip), "linux/arm64", List.of(zstd), "linux/arm", List.of());
      ImageOptions options = new ImageOptions(Compression.uncompressed(), false, true, null);
      for (List<String> order :
          List.of(
              List.of("linux/amd64", "linux/arm64", "linux/arm"),
              List.of("linux/arm", "linux/arm64", "linux/amd64"))) {
        List<PlatformImage> images = new ArrayList<>();
        List<Descriptor> expected = new ArrayList<>();
        for (String each : order) {
          Platform platform = Platform.parse(each);
          List<Descriptor> base = Objects.requireNonNull(bases.get(each));
          images.add(
              new PlatformImage(
                  platform, ImageConfig.empty(platform).withDiffIds(List.of(layer)), base));
          expected.add(base.isEmpty() ? plain.blob() : base.getFirst());
        }
        Descriptor index =
            new ImageManifests(store, scope, Map.of(), false).write(images, options, _ -> {});
        List<Descriptor> used = new ArrayList<>();
        for (Descriptor each : ImageIndex.parse(store.blobs().read(index.digest())).manifests()) {
          used.addAll(Manifest.parse(store.blobs().read(each.digest())).layers());
        }
        assertThat(used).isEqualTo(expected);
      }
    }
  }

  /** The store has the layer, in a blob that another image brought. */
  @Test
  void theBaseImagesOwnBlobIsFetchedWhateverElseThereIs() throws IOException {
    byte[] bytes;
    Descriptor own;
    DiffId layer;
    try (Store elsewhere = Store.open(folder.resolve("elsewhere"), "test")) {
      layer =
          elsewhere
              .layers()
              .importTar(new ByteArrayInputStream(tar("file")), Compression.uncompressed())
              .diffId();
      own = elsewhere.layers().blob(layer, Compression.zstd()).blob();
      bytes = elsewhere.blobs().read(own.digest());
    }
    try (Store store = Store.open(folder.resolve("here"), "test");
        BuildScope scope = new BuildScope(1)) {
      store.layers().importTar(new ByteArrayInputStream(tar("file")), Compression.gzip());
      store.layers().offer(layer, own, (blob, into) -> into.put(blob.mediaType(), bytes));
      store
          .layers()
          .offer(
              layer,
              store.layers().blob(layer, Compression.gzip()).blob(),
              (blob, into) -> {
                throw new AssertionError("the other image's blob");
              });
      ImageConfig config = ImageConfig.empty(PLATFORM).withDiffIds(List.of(layer));
      Descriptor image =
          new ImageManifests(store, scope, Map.of(), false)
              .write(
                  List.of(new PlatformImage(PLATFORM, config, List.of(own))),
                  new ImageOptions(Compression.gzip(), false, true, null),
                  _ -> {});
      assertThat(Manifest.parse(store.blobs().read(image.digest())).layers()).containsExactly(own);
    }
  }

  @Test
  void aPushLeavesTheBaseImagesBlobWhereItIs() {
    byte[] tar = tar("file");
    DiffId layer = new DiffId(Digest.of(tar));
    Descriptor own = Descriptor.of(MediaType.OCI_LAYER, tar);
    ImageConfig config = ImageConfig.empty(PLATFORM).withDiffIds(List.of(layer));
    PlatformImage image = new PlatformImage(PLATFORM, config, List.of(own));
    ImageOptions gzip = new ImageOptions(Compression.gzip(), false, true, null);
    try (Store store = Store.open(folder, "test");
        BuildScope scope = new BuildScope(1)) {
      store.layers().offer(layer, own, (blob, into) -> into.put(blob.mediaType(), tar));
      List<Descriptor> ready = new CopyOnWriteArrayList<>();
      Descriptor pushed =
          new ImageManifests(store, scope, Map.of(), true).write(List.of(image), gzip, ready::add);
      assertThat(ready).containsExactly(own);
      assertThat(store.blobs().contains(own.digest())).isFalse();
      Descriptor kept =
          new ImageManifests(store, scope, Map.of(), false).write(List.of(image), gzip, _ -> {});
      assertThat(store.blobs().contains(own.digest())).isTrue();
      assertThat(pushed).isEqualTo(kept);
    }
  }

  private static void meet(CyclicBarrier both) {
    try {
      both.await(120, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new BuildFailure(BuildFailure.Kind.INTERNAL, "the other layer waits for this one", e);
    }
  }
}
