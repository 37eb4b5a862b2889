package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketFileTest {
  @TempDir Path directory;

  private static String mode(Path path) {
    try {
      return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> list = Files.list(directory)) {
      return list.toList();
    }
  }

  @Test
  void nobodyElseCanReachTheSocketWhileItsModeIsNotSetYet() throws Exception {
    Path socket = directory.resolve("s");
    List<String> modes = new ArrayList<>();
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      UnixSocketFile.bind(
          socket,
          at -> {
            try {
              server.bind(UnixDomainSocketAddress.of(at));
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            assertThat(socket).doesNotExist();
            modes.add(mode(Path.of(at.toString().replaceFirst("/s$", ""))));
          });
      assertThat(modes).containsExactly("rwx------");
      assertThat(mode(socket)).isEqualTo("rw-------");
      assertThat(files()).containsExactly(socket);
      try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
        assertThat(client.isConnected()).isTrue();
      }
    }
  }

  @Test
  void whatCannotListenLeavesNothing() throws Exception {
    Path socket = directory.resolve("s");
    assertThatThrownBy(() ->
            UnixSocketFile.bind(
                socket,
                _ -> {
                  throw new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "not today");
                }))
        .hasMessage("not today");
    assertThat(files()).isEmpty();
    Path nowhere = directory.resolve("no/such/s");
    assertThatThrownBy(() -> UnixSocketFile.bind(nowhere, _ -> {}))
        .isInstanceOf(BuildFailure.class)
        .hasMessageStartingWith("cannot listen on " + nowhere);
  }
}
