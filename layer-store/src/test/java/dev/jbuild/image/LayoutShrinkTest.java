package dev.jbuild.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.Store;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutShrinkTest {
  @TempDir Path folder;

  private static Descriptor image(Store store, String text) {
    Descriptor config = store.blobs().put(MediaType.OCI_CONFIG, bytes("{\"a\":\"" + text + "\"}"));
    Descriptor layer = store.blobs().put(MediaType.OCI_LAYER, bytes("layer " + text));
    Descriptor shared = store.blobs().put(MediaType.OCI_LAYER, bytes("shared"));
    Manifest manifest = Manifest.of(config, List.of(layer, shared));
    return store.blobs().put(manifest.mediaType(), manifest.bytes());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void export(Store store, String name, Descriptor image, Path layout)
      throws Exception {
    LinkedHashMap<String, Descriptor> named = new LinkedHashMap<>();
    named.put(name, image);
    new ArchiveWriter(store).writeAndShrink(named, layout);
  }

  private static List<String> blobs(Path layout) throws Exception {
    try (Stream<Path> files = Files.list(layout.resolve("blobs/sha256"))) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  @Test
  void whatNoEntryLeadsToGoesAndWhatAnotherNameNeedsStays() throws Exception {
    Path layout = folder.resolve("layout");
    try (Store store = Store.open(folder.resolve("store"), "test")) {
      export(store, "cache:one", image(store, "1"), layout);
      export(store, "cache:two", image(store, "2"), layout);
      assertThat(blobs(layout)).hasSize(7);
      Files.writeString(layout.resolve("blobs/sha256/.killed"), "half");
      Files.writeString(layout.resolve("blobs/sha256/README"), "not ours");
      Descriptor third = image(store, "3");
      export(store, "cache:two", third, layout);
      assertThat(blobs(layout)).hasSize(8).contains("README", third.digest().hex());
      assertThat(ImageIndex.parse(Files.readAllBytes(layout.resolve("index.json"))).manifests())
          .hasSize(2);
      Path kept = folder.resolve("copy");
      export(store, "cache:one", image(store, "1"), kept);
      assertThat(blobs(layout)).containsAll(blobs(kept));
    }
  }

  @Test
  void layoutThatCannotBeReadIsLeftAlone() throws Exception {
    Path layout = folder.resolve("layout");
    try (Store store = Store.open(folder.resolve("store"), "test")) {
      Descriptor first = image(store, "1");
      export(store, "cache:one", first, layout);
      Files.delete(layout.resolve("blobs/sha256/" + first.digest().hex()));
      export(store, "cache:two", image(store, "2"), layout);
      export(store, "cache:two", image(store, "3"), layout);
      assertThat(blobs(layout)).hasSize(9);
    }
  }
}
