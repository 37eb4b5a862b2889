package dev.jbuild.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EstargzLayerTest {
  @TempDir private Path temporary;

  @Test
  void isMadeFromTheLayerAndFoundAgainWithItsOwnDiffId() {
    byte[] text = "hello".getBytes(StandardCharsets.UTF_8);
    try (Store store = Store.open(temporary, "test")) {
      LayerBlob layer =
          store
              .layers()
              .write(
                  Compression.estargz(),
                  LayerWriter.Options.CANONICAL,
                  writer -> {
                    writer.write(
                        new TreeEntry.RegularFile(
                            BytePath.of("f"),
                            Attributes.of(0644, 0, 0, Instant.EPOCH),
                            text.length,
                            ContentSource.of(text)));
                    writer.finish();
                  });
      LayerBlob estargz = store.layers().blob(layer.diffId(), Compression.estargz());
      assertThat(estargz.diffId()).isNotEqualTo(layer.diffId());
      assertThat(estargz.blob().annotations())
          .containsKey("containerd.io/snapshot/stargz/toc.digest");
      assertThat(store.layers().blob(layer.diffId(), Compression.estargz())).isEqualTo(estargz);
      assertThat(store.layers().find(layer.diffId()).orElseThrow().blobs())
          .as("only blobs whose tar is the layer itself")
          .extracting(blob -> blob.digest())
          .containsExactly(layer.blob().digest());
      assertThat(store.layers().unpacked(layer.diffId()).resolve("f")).hasContent("hello");
      assertThat(store.layers().unpacked(estargz.diffId()).resolve("f")).hasContent("hello");
      LayerBlob gzip = store.layers().blob(layer.diffId(), Compression.gzip());
      assertThat(gzip.diffId()).isEqualTo(layer.diffId());
    }
  }
}
