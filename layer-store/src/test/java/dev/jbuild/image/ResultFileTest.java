package dev.jbuild.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFileTest {
  @TempDir Path directory;

  private static void write(Path file, String text) throws IOException {
    ResultFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void replacesARegularFileAndLeavesNothingElse() throws Exception {
    Path file = Files.writeString(directory.resolve("digest"), "before, and longer");
    write(file, "after");
    assertThat(file).hasContent("after");
    assertThat(names()).containsExactly("digest");
  }

  @Test
  void keepsTheFileWhenItsContentFails() throws Exception {
    Path file = Files.writeString(directory.resolve("digest"), "before");
    assertThatThrownBy(() ->
            ResultFile.write(
                file,
                out -> {
                  out.write(1);
                  throw new IOException("no more");
                }))
        .hasMessage("no more");
    assertThat(file).hasContent("before");
    assertThat(names()).containsExactly("digest");
  }

  @Test
  void writesThroughALinkToAFile() throws Exception {
    Path file = Files.writeString(directory.resolve("real"), "before");
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("real"));
    write(link, "after");
    assertThat(link).isSymbolicLink().hasContent("after");
    assertThat(file).hasContent("after");
  }

  @Test
  void aPipeStaysAPipe() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(() -> {
          try (InputStream in = Files.newInputStream(pipe)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            return e.toString();
          }
        });
    write(pipe, "through");
    assertThat(read.get()).isEqualTo("through");
    assertThat(names()).containsExactly("pipe");
    assertThat(Files.isRegularFile(pipe)).isFalse();
  }

  @Test
  void aDescriptorOfAProcessIsAppendedTo() throws Exception {
    Path log = Files.writeString(directory.resolve("log"), "a line\n");
    try (var channel =
        java.nio.channels.FileChannel.open(log, java.nio.file.StandardOpenOption.WRITE)) {
      assertThat(channel.isOpen()).isTrue();
      Path descriptor;
      try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
        descriptor =
            all.filter(
                    fd -> {
                      try {
                        return Files.readSymbolicLink(fd).equals(log.toRealPath());
                      } catch (IOException e) {
                        return false;
                      }
                    })
                .findFirst()
                .orElseThrow();
      }
      write(descriptor, "digest");
    }
    assertThat(log).hasContent("a line\ndigest");
  }

  @Test
  void tellsBeforehandWhatCannotBeWritten() throws Exception {
    assertThatThrownBy(() -> ResultFile.check("--iidfile", directory.resolve("no/such")))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining("--iidfile \"" + directory.resolve("no/such") + "\": there is no")
        .hasMessageContaining(directory.resolve("no").toString());
    assertThatThrownBy(() -> ResultFile.check("--iidfile", directory))
        .hasMessage("--iidfile \"" + directory + "\": is a directory");
    ResultFile.check("--iidfile", directory.resolve("new"));
    ResultFile.check("--iidfile", Path.of("/dev/null"));
    assertThat(names()).isEmpty();
  }

  @Test
  void failuresNameTheFileAndNotTheOneBesideIt() {
    assertThatThrownBy(() -> write(directory.resolve("no/such"), "x"))
        .isInstanceOf(IOException.class)
        .hasMessage(directory.resolve("no/such") + ": no such directory");
    assertThatThrownBy(() -> write(directory, "x")).hasMessage(directory + ": is a directory");
  }
}
