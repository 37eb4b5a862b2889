package dev.jbuild.engine.cache;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileManifestsTest {
  @TempDir Path folder;

  @Test
  void whatCannotBeWrittenIsToldAsTheStoreTellsIt() throws Exception {
    // A file where the directory should be: no write can succeed, for root neither.
    Path file = Files.createFile(folder.resolve("files"));
    assertThatThrownBy(() -> new FileManifests(file).put(new byte[] {1}))
        .isInstanceOf(BuildFailure.class)
        .hasMessageStartingWith("keep the list of files sha256:");
  }
}
