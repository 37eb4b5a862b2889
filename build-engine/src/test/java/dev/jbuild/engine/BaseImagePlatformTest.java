package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.image.Image;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Platform;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * InvalidBaseImagePlatform, the one rule that is checked when images are resolved: a name of a
 * registry that is one manifest, not an index, is of whatever platform its config says.
 */
final class BaseImagePlatformTest {
  @TempDir Path folder;

  private Bench bench;
  private HttpServer server;
  private String from;

  @BeforeEach
  void open() throws IOException {
    bench = new Bench(folder);
    bench.build(
        "FROM scratch\nLABEL a=b\n", request -> request.platform(Platform.parse("linux/riscv64")));
    Image image = bench.image();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, image));
    server.start();
    from = "FROM 127.0.0.1:" + server.getAddress().getPort() + "/base\nCMD [\"x\"]\n";
  }

  @AfterEach
  void close() {
    server.stop(0);
    bench.close();
  }

  private void answer(HttpExchange exchange, Image image) throws IOException {
    String path = exchange.getRequestURI().getPath();
    byte[] body = {};
    if (path.contains("/manifests/")) {
      exchange.getResponseHeaders().set("Content-Type", image.manifest().mediaType().toString());
      body = image.manifest().bytes();
    } else if (path.contains("/blobs/")) {
      body = bench.store().blobs().read(Digest.parse(path.replaceFirst(".*/", "")));
    }
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(200, head || body.length == 0 ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  @Test
  void otherPlatformIsAFinding() {
    bench.build(from);
    assertThat(warnings()).hasSize(1);
    assertThat(warnings().getFirst())
        .contains("is for \"linux/riscv64\", not for \"" + Platform.host() + "\"")
        .endsWith("(InvalidBaseImagePlatform)");
  }

  @Test
  void checkDirectiveSkipsIt() {
    bench.build("# check=skip=JSONArgsRecommended,InvalidBaseImagePlatform;error=true\n" + from);
    assertThat(warnings()).isEmpty();
    bench.build("# check=skip=all;error=true\n" + from);
    assertThat(warnings()).isEmpty();
  }

  @Test
  void buildArgumentTakesThePlaceOfTheDirective() {
    String argument = "BUILDKIT_DOCKERFILE_CHECK";
    bench.build(
        "# check=error=true\n" + from,
        request -> request.buildArg(argument, "skip=InvalidBaseImagePlatform"));
    assertThat(warnings()).isEmpty();
  }

  @Test
  void checkDirectiveMakesItAnError() {
    assertThatThrownBy(() -> bench.build("# check=error=true\n" + from))
        .isInstanceOfSatisfying(
            DockerfileFailure.class,
            failure -> {
              assertThat(failure.errors()).hasSize(1);
              assertThat(failure.errors().getFirst().text()).contains("is for \"linux/riscv64\"");
              assertThat(failure.errors().getFirst().span().startLine()).isEqualTo(2);
            });
  }

  private List<String> warnings() {
    return bench.events().stream()
        .filter(BuildEvent.Warning.class::isInstance)
        .map(event -> ((BuildEvent.Warning) event).message())
        .toList();
  }
}
