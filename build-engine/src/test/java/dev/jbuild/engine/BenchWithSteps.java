package dev.jbuild.engine;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Each test has a bench of its own whose steps run for real, on a base made of busybox. */
abstract class BenchWithSteps {
  @TempDir Path folder;

  Bench bench;

  @BeforeEach
  void open() throws IOException {
    bench = Bench.forSteps(folder);
  }

  @AfterEach
  void close() {
    if (bench != null) {
      bench.close();
    }
  }
}
