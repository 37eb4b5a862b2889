package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Layers are compressed while later steps run, and only those that an output takes as blobs. */
@Tag("root")
final class EarlyBlobsIT extends BenchWithSteps {
  @Test
  void layerIsCompressedWhileTheNextStepStillRuns() throws IOException {
    Set<Path> before = blobs();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // The second step ends only when this thread, which sees the store, has seen a blob.
      server.setSoTimeout(300_000);
      Thread.ofVirtual().start(() -> answerOnceThereIsABlob(server, before));
      bench.build(
          "FROM busybox\nRUN echo 1 > /1\nRUN nc 127.0.0.1 PORT > /seen\n"
              .replace("PORT", Integer.toString(server.getLocalPort())));
    }
    assertThat(bench.file("seen")).isEqualTo("a new blob");
  }

  @Test
  void layerThatNoOutputTakesAsABlobStaysADirectory() throws IOException {
    Set<Path> before = blobs();
    bench.build("FROM busybox\nRUN echo 1 > /1\n", request -> request.output(new Output.None()));
    assertThat(bench.ran()).hasSize(1);
    assertThat(blobs()).isEqualTo(before);
  }

  @Test
  void layerOfAStageThatIsOnlyCopiedFromStaysADirectory() throws IOException {
    Set<Path> before = blobs();
    bench.build(
        """
        FROM busybox AS made
        RUN echo 1 > /1
        RUN echo 2 > /2
        FROM scratch
        COPY --from=made /1 /
        """);
    // The copied file's layer, the config and the manifest.
    assertThat(blobs()).hasSize(before.size() + 3);
  }

  private void answerOnceThereIsABlob(ServerSocket server, Set<Path> before) {
    try (Socket step = server.accept()) {
      long deadline = System.nanoTime() + 120_000_000_000L;
      while (blobs().equals(before) && System.nanoTime() < deadline) {
        LockSupport.parkNanos(1_000_000);
      }
      String answer = blobs().equals(before) ? "nothing" : "a new blob";
      step.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Set<Path> blobs() throws IOException {
    try (Stream<Path> files = Files.list(bench.store().root().resolve("blobs/sha256"))) {
      return files.collect(Collectors.toSet());
    }
  }
}
