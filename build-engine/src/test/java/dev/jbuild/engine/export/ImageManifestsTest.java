package dev.jbuild.engine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.Output.ImageOptions;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    return new PlatformImage(
        PLATFORM, ImageConfig.empty(PLATFORM).withDiffIds(layers), Set.copyOf(layers));
  }

  @Test
  void layersStayInTheirOrderWhicheverIsReadyFirst() {
    try (Store store = Store.open(folder, "test");
        BuildScope scope = new BuildScope(1)) {
      List<DiffId> layers = layers(store, 6);
      Descriptor image =
          new ImageManifests(store, scope, Map.of()).write(List.of(image(layers)), GZIP, _ -> {});
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
      ImageManifests manifests = new ImageManifests(store, scope, Map.of("index:a", "b"));
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
      new ImageManifests(store, scope, Map.of())
          .write(List.of(image(layers(store, 2))), GZIP, _ -> meet(both));
    }
    assertThat(both.isBroken()).isFalse();
  }

  private static void meet(CyclicBarrier both) {
    try {
      both.await(120, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new BuildFailure(BuildFailure.Kind.INTERNAL, "the other layer waits for this one", e);
    }
  }
}
