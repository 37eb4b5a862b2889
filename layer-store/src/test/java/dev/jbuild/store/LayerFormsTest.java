package dev.jbuild.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes under other id maps, as layers' directories see them. */
class LayerFormsTest {
  private static final int LAYERS = 200;

  @TempDir private Path root;

  @Test
  void processesUnderTwoIdMapsUnpackALayerAtOnceAndEachFindsItsOwn() throws Exception {
    StoreLayout layout = StoreLayout.open(root);
    List<String> maps = List.of("0 0 4294967295", "0 100000 65536", "0 0 4294967295");
    CyclicBarrier together = new CyclicBarrier(maps.size());
    try (ExecutorService threads = Executors.newFixedThreadPool(maps.size())) {
      List<Future<?>> processes = new ArrayList<>();
      for (String map : maps) {
        processes.add(
            threads.submit(() -> {
              LayerForms forms =
                  new LayerForms(
                      layout, new Host(OverlayEncoding.USER, map, "boot"), new StorageCap(layout));
              for (int i = 0; i < LAYERS; i++) {
                DiffId layer = layer(i);
                Path made = unpacked(layout, map);
                together.await();
                Path published = forms.publish(layer, made, true, false, List.of());
                assertThat(published.resolve("owners")).hasContent(map);
                assertThat(forms.find(layer)).contains(published);
              }
              return null;
            }));
      }
      for (Future<?> process : processes) {
        process.get();
      }
    }
    for (int i = 0; i < LAYERS; i++) {
      LayerRecords records = new LayerRecords(layout, layer(i));
      assertThat(records.variants()).containsExactly("fs", "fs2");
      for (String variant : records.variants()) {
        assertThat(records.unpackedDirectory(variant).resolve("owners"))
            .hasContent(records.form(variant).orElseThrow().idMap());
      }
    }
  }

  private static DiffId layer(int number) {
    return new DiffId(Digest.of(new byte[] {(byte) number}));
  }

  private static Path unpacked(StoreLayout layout, String map) throws IOException {
    Path directory = Files.createDirectory(layout.scratch());
    Files.writeString(directory.resolve("owners"), map);
    return directory;
  }
}
