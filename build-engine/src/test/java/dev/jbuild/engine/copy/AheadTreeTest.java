package dev.jbuild.engine.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.layer.DirectoryTree;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AheadTreeTest {
  @TempDir private Path folder;

  @Test
  void isWalkedInTheSameOrderAsTheTreeItself() throws IOException {
    for (int i = 0; i < 40; i++) {
      Path directory = Files.createDirectories(folder.resolve("d" + i % 7 + "/e" + i % 3));
      Files.writeString(directory.resolve("f" + i), "x");
    }
    List<BytePath> plain = new ArrayList<>();
    List<BytePath> ahead = new ArrayList<>();
    try (DirectoryTree tree = DirectoryTree.open(folder);
        AheadTree view = new AheadTree(tree)) {
      TreeWalk.of(tree, BytePath.ROOT).forEach(entry -> plain.add(entry.path()));
      TreeWalk.of(view, BytePath.ROOT).forEach(entry -> ahead.add(entry.path()));
    }
    assertThat(ahead).isEqualTo(plain).hasSize(1 + 7 + 21 + 40);
  }

  /** Counts the look-ups that are under way. */
  private static final class Counting implements FileTree {
    private final FileTree tree;
    final AtomicInteger running = new AtomicInteger();

    Counting(FileTree tree) {
      this.tree = tree;
    }

    @Override
    public Optional<TreeEntry> find(BytePath path) throws IOException {
      return tree.find(path);
    }

    @Override
    public List<TreeEntry> list(BytePath directory) throws IOException {
      running.incrementAndGet();
      try {
        if (directory.name().latin1().equals("bad")) {
          throw new IOException("the disk is gone");
        }
        return tree.list(directory);
      } finally {
        running.decrementAndGet();
      }
    }
  }

  /** What is no fault of the disk comes out as it is too, from whichever thread it happened in. */
  @Test
  void tellsAFaultOfTheTreeAsItIs() throws IOException {
    Files.createDirectories(folder.resolve("d"));
    try (DirectoryTree directory = DirectoryTree.open(folder)) {
      FileTree broken =
          new FileTree() {
            @Override
            public Optional<TreeEntry> find(BytePath path) throws IOException {
              return directory.find(path);
            }

            @Override
            public List<TreeEntry> list(BytePath path) throws IOException {
              if (path.isRoot()) {
                return directory.list(path);
              }
              throw new IllegalStateException("a fault");
            }
          };
      try (AheadTree view = new AheadTree(broken)) {
        assertThatThrownBy(() -> TreeWalk.of(view, BytePath.ROOT).forEach(_ -> {}))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("a fault");
      }
    }
  }

  @Test
  void tellsAFailureWhereTheWalkMeetsItAndLeavesNothingRunning() throws IOException {
    for (String name : List.of("a", "bad", "c")) {
      Files.createDirectories(folder.resolve(name + "/below"));
    }
    try (DirectoryTree directory = DirectoryTree.open(folder)) {
      Counting tree = new Counting(directory);
      List<String> seen = new ArrayList<>();
      AheadTree view = new AheadTree(tree);
      assertThatThrownBy(() ->
              TreeWalk.of(view, BytePath.ROOT).forEach(entry -> seen.add(entry.path().toString())))
          .isInstanceOf(IOException.class)
          .hasMessage("the disk is gone");
      view.close();
      assertThat(tree.running.get()).isZero();
      assertThat(seen).containsExactly(".", "a", "a/below", "bad");
    }
  }
}
