package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SmallFileTest {
  private static final int MOST = 1 << 20;

  @TempDir Path root;

  @Test
  void fileOfTheLimitIsReadAndOneMoreByteIsRefused() throws IOException {
    Files.write(root.resolve("a"), new byte[MOST]);
    Files.createSymbolicLink(root.resolve("b"), Path.of("/c"));
    Files.write(root.resolve("c"), new byte[MOST + 1]);
    try (FileTree tree = DirectoryTree.open(root)) {
      assertThat(SmallFile.read(tree, BytePath.of("a"), MOST))
          .hasValueSatisfying(bytes -> assertThat(bytes).hasSize(MOST));
      assertThatThrownBy(() -> SmallFile.read(tree, BytePath.of("b"), MOST))
          .isInstanceOf(BuildFailure.class)
          .hasMessage("\"b\" has more than the 1 MiB that are read of it");
      assertThat(SmallFile.read(tree, BytePath.of("none"), MOST)).isEmpty();
      assertThat(SmallFile.read(tree, BytePath.of(""), MOST)).isEmpty();
    }
  }

  @Test
  void fileThatGrowsAfterItWasLookedUpIsRefused() throws IOException {
    LayerBuilder layer = new LayerBuilder(FileTree.empty());
    layer.put(
        new TreeEntry.RegularFile(
            BytePath.of("f"), Trees.attributes(0644), 1, ContentSource.of(new byte[MOST + 1])));
    assertThatThrownBy(() -> SmallFile.read(layer, BytePath.of("f"), MOST))
        .isInstanceOf(BuildFailure.class);
  }

  @Test
  void fileOfTerabytesIsRefusedByItsSize() throws IOException {
    try (RandomAccessFile sparse = new RandomAccessFile(root.resolve("s").toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }
    try (FileTree tree = DirectoryTree.open(root)) {
      assertThatThrownBy(() -> SmallFile.read(tree, BytePath.of("s"), MOST))
          .isInstanceOf(BuildFailure.class);
    }
  }
}
