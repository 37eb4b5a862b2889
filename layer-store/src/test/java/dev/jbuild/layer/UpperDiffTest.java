package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpperDiffTest {
  private static final BytePath NAME = BytePath.of("d");

  @TempDir Path dir;

  private static void nest(DirFd root, int levels) throws IOException {
    DirFd here = root.openDirectory(BytePath.ROOT);
    for (int i = 0; i < levels; i++) {
      here.mkdir(NAME, 0755);
      DirFd below = here.openDirectory(NAME);
      here.close();
      here = below;
    }
    here.close();
  }

  private static List<TreeChange> changes(DirFd root) throws IOException {
    List<TreeChange> changes = new ArrayList<>();
    UpperDiff.ofUpper(root, EmptyTree.INSTANCE, OverlayEncoding.USER, changes::add);
    return changes;
  }

  @Test
  void directoriesAsDeepAsIsAllowedAreReported() throws IOException {
    try (DirFd root = DirFd.open(dir)) {
      nest(root, UpperDiff.MAX_DEPTH);
      assertThat(changes(root)).hasSizeGreaterThanOrEqualTo(UpperDiff.MAX_DEPTH);
      root.deleteTree(NAME); // JUnit's own removal goes by paths
    }
  }

  @Test
  void directoriesThatNoStackCouldHoldAreAnErrorInWords() throws IOException {
    try (DirFd root = DirFd.open(dir)) {
      nest(root, 6000);
      assertThatThrownBy(() -> changes(root))
          .isInstanceOf(BuildFailure.class)
          .hasMessage("directories below \"/d\" are nested more than 500 deep");
      root.deleteTree(NAME);
    }
  }
}
