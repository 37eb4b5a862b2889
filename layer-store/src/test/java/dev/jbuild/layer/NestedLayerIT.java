package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.FileType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Layers unpacked on an overlay, as in the root file system of a container. */
@Tag("root")
class NestedLayerIT extends LayerExtractorIT {
  private final List<Path> mounted = new ArrayList<>();

  @Override
  OverlayEncoding encoding() {
    return OverlayEncoding.NESTED;
  }

  private Path overlay() throws Exception {
    for (String name : List.of("below", "over", "work", "merged")) {
      Files.createDirectory(temporary.resolve(name));
    }
    Path merged = temporary.resolve("merged");
    Tools.run(
        temporary,
        "mount",
        "-t",
        "overlay",
        "overlay",
        "-o",
        "lowerdir=below,upperdir=over,workdir=work",
        merged.toString());
    mounted.add(merged);
    return merged;
  }

  @AfterEach
  void unmount() throws Exception {
    for (Path each : mounted) {
      Tools.run(temporary, "umount", each.toString());
    }
  }

  @Test
  void namesThatAreGoneAreKeptOnAnOverlay() throws Exception {
    BytePath kept = BytePath.of("kept");
    byte[] tar =
        Trees.tar(
            List.of(
                new TreeEntry.Directory(kept, Trees.attributes(0755)),
                new OpaqueMark(kept),
                new Whiteout(BytePath.of("kept/gone")),
                new Whiteout(BytePath.of("old"))));
    Path layer = Files.createDirectory(overlay().resolve("layer"));
    try (DirFd dir = DirFd.open(layer)) {
      assertThatThrownBy(() -> dir.mknod(BytePath.of("device"), FileType.CHARACTER_DEVICE, 0, 0, 0))
          .isInstanceOf(ErrnoException.class); // why there is this encoding
      LayerExtractor.apply(new ByteArrayInputStream(tar), dir, encoding(), ExtractLimits.DEFAULT);
      ByteArrayOutputStream again = new ByteArrayOutputStream();
      LayerWriter writer = new LayerWriter(again, LayerWriter.Options.CANONICAL);
      UnpackedLayer.read(dir, writer::write);
      writer.finish();
      assertThat(again.toByteArray()).isEqualTo(tar);
    }
  }
}
