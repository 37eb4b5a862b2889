package dev.jbuild.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskUsageTest {
  @TempDir Path dir;

  /** What a step can leave in a cache mount: nested deeper than a path can say. */
  @Test
  void directoriesThatNoPathReachesAreCounted() throws IOException {
    int depth = 5000;
    BytePath name = BytePath.of("d");
    try (DirFd root = DirFd.open(dir)) {
      DirFd here = root.openDirectory(BytePath.ROOT);
      for (int i = 0; i < depth; i++) {
        here.mkdir(name, 0755);
        DirFd below = here.openDirectory(name);
        here.close();
        here = below;
      }
      try (FileFd file = here.create(BytePath.of("file"), 0644)) {
        file.write(new byte[40_000], 0, 40_000);
      }
      here.close();
      Files.writeString(dir.resolve("z"), "beside it");
      long directory = DiskUsage.alone(dir.resolve("d"));
      long least = depth * directory + 40_000;
      assertThat(DiskUsage.of(dir)).isBetween(least, least + 3 * 4096 + directory);
      root.deleteTree(name); // JUnit's own removal goes by paths
    }
  }
}
