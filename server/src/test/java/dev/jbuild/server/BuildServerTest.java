package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BuildServerTest extends ServerTest {
  @Test
  void healthVersionAndDocumentAreThere() throws Exception {
    assertThat(get("/healthz").body()).isEqualTo("ok\n");
    assertThat(json(get("/version")).get("version").asText()).isEqualTo("1.2.3");
    assertThat(get("/openapi.yaml").body()).startsWith("openapi: 3.1");
  }

  @Test
  void theDocumentHasTheRoutesThereAre() throws Exception {
    List<String> documented = new ArrayList<>();
    String path = "";
    for (String line : get("/openapi.yaml").body().lines().toList()) {
      if (line.startsWith("components:")) {
        break;
      }
      if (line.matches("  /\\S+:")) {
        path = line.strip().replaceFirst(":$", "");
      } else if (line.matches("    (get|post|put|delete):")) {
        documented.add(
            line.strip().replace(":", "").toUpperCase(java.util.Locale.ROOT) + " " + path);
      }
    }
    List<String> routes = new ArrayList<>();
    server
        .router()
        .getRoutes()
        .forEach(route -> {
          if (route.getPath() == null) {
            return;
          }
          String shown = route.getPath().replaceAll(":(\\w+)", "{$1}");
          if (route.methods() == null || route.methods().isEmpty()) {
            // a whole API of its own below a prefix
            routes.add("GET " + (shown.endsWith("/") ? shown + "*" : shown));
          } else {
            route.methods().forEach(method -> routes.add(method + " " + shown));
          }
        });
    assertThat(documented).containsExactlyInAnyOrderElementsOf(routes);
    for (String name : BuildParameters.NAMES) {
      assertThat(get("/openapi.yaml").body()).contains("{ name: " + name + ",");
    }
  }

  @Test
  void aTakenPortIsSaid() {
    ServerOptions same =
        OPTIONS.withAddress(new ServerOptions.Address.Tcp("127.0.0.1", server.port()));

    assertThatThrownBy(() -> start(same))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining("127.0.0.1:" + server.port());
  }

  @Test
  void aUnixSocketIsForItsOwnerAndReplacesADeadOne() throws Exception {
    Path socket = directory.resolve("s");
    ServerOptions unix = OPTIONS.withAddress(new ServerOptions.Address.Unix(socket));
    try (SocketChannel dead = SocketChannel.open(StandardProtocolFamily.UNIX);
        var listener = java.nio.channels.ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listener.bind(UnixDomainSocketAddress.of(socket));
      assertThat(dead.isOpen()).isTrue();
    }
    restart(unix);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
        .isEqualTo("rw-------");
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      channel.write(
          ByteBuffer.wrap(
              "GET /version HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII)));
      assertThat(
              new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8))
          .contains("1.2.3");
    }
    assertThatThrownBy(() -> start(unix)).hasMessageContaining("another server listens on");
    server.close();
    assertThat(socket).doesNotExist();
  }
}
