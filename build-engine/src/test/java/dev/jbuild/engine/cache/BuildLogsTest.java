package dev.jbuild.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BuildLogsTest {
  @TempDir Path logs;

  @BeforeEach
  void fiveBuildsOfAHundredBytes() throws IOException {
    for (int i = 1; i <= 5; i++) {
      Path build = Files.createDirectory(logs.resolve("b" + i));
      Files.createFile(build.resolve(BuildLogs.LOCK));
      Files.write(build.resolve("build+1.log"), new byte[100]);
      Files.setLastModifiedTime(build, FileTime.fromMillis(i * 1000L));
    }
  }

  @Test
  void oldestBuildsGoWhenThereAreTooMany() throws IOException {
    BuildLogs.collect(logs, directory -> false, 3, 1000);
    assertThat(left()).containsExactly("b3", "b4", "b5");
  }

  @Test
  void oldestBuildsGoWhenTheyAreTooLarge() throws IOException {
    BuildLogs.collect(logs, directory -> false, 10, 250);
    assertThat(left()).containsExactly("b4", "b5");
  }

  @Test
  void newestBuildStaysHoweverLarge() throws IOException {
    BuildLogs.collect(logs, directory -> false, 10, 50);
    assertThat(left()).containsExactly("b5");
  }

  @Test
  void runningBuildAndOneThatIsJustBeingMadeStay() throws IOException {
    Files.delete(logs.resolve("b2").resolve(BuildLogs.LOCK));
    BuildLogs.collect(logs, directory -> directory.endsWith("b1"), 1, 50);
    assertThat(left()).containsExactly("b1", "b2", "b5");
  }

  @Test
  void missingDirectoryHasNothingToCollect() throws IOException {
    BuildLogs.collect(logs.resolve("none"), directory -> false, 1, 1);
    assertThat(logs.resolve("none")).doesNotExist();
  }

  @Test
  void unlikeStepsHaveUnlikeFilesBelowTheDirectory() {
    List<String> ids =
        List.of("a/1", "a+1", "a 1", "a%2F1", "../1", "é/1", "x".repeat(300), "y".repeat(300));
    assertThat(ids.stream().map(BuildLogs::fileName))
        .doesNotHaveDuplicates()
        .allSatisfy(name -> assertThat(name).doesNotContain("/").hasSizeLessThan(255));
  }

  private List<String> left() throws IOException {
    try (Stream<Path> files = Files.list(logs)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
