package dev.jbuild.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.Store;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesHoldTest {
  @TempDir private Path root;

  @Test
  void whatWasLookedUpStaysThoughItsNameIsRemovedMeanwhile() {
    Descriptor layer;
    try (Store writer = Store.open(root, "writer")) {
      layer = writer.blobs().put(MediaType.OCI_LAYER, "a layer".getBytes(UTF_8));
      Descriptor config = writer.blobs().put(MediaType.OCI_CONFIG, "{}".getBytes(UTF_8));
      Manifest manifest = Manifest.of(config, List.of(layer));
      writer.tags().put("a:latest", writer.blobs().put(manifest.mediaType(), manifest.bytes()));
    }
    try (Store tagger = Store.open(root, "tagger")) {
      Descriptor target = new Images(tagger).resolve("a");
      try (Store other = Store.open(root, "other")) {
        new Images(other).remove("a");
      }
      try (Store collector = Store.open(root, "collector")) {
        assertThat(collector.prune(PruneOptions.everything()).removed()).isEmpty();
      }
      tagger.tags().put("b:latest", target);
    }
    try (Store reader = Store.open(root, "reader")) {
      assertThat(reader.blobs().contains(layer.digest())).isTrue();
    }
  }
}
