package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BuildIntakeTest extends ServerTest {
  @Test
  void contextsOfEndedBuildsAreRemoved() throws Exception {
    events(id(post("", "x")));
    try (var files = Files.walk(directory.resolve("store/server"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".context"))).isEmpty();
    }
    server.close();
    assertThat(directory.resolve("store/server")).isEmptyDirectory();
  }

  @Test
  void aContextAboveTheLimitIsRefusedHoweverItComes() throws Exception {
    restart(OPTIONS.withContextLimit(10, Duration.ofMinutes(1)));

    assertThat(post("", "eleven bytes").statusCode()).isEqualTo(413);
    HttpResponse<String> chunked =
        send(
            to("/v1/builds")
                .POST(
                    HttpRequest.BodyPublishers.ofInputStream(
                        () -> new java.io.ByteArrayInputStream(new byte[100_000]))));
    assertThat(chunked.statusCode()).isEqualTo(413);
    assertThat(post("", "ten bytes!").statusCode()).isEqualTo(202);
  }

  @Test
  void aContextThatDoesNotArriveIsGivenUp() throws Exception {
    restart(OPTIONS.withContextLimit(1 << 20, Duration.ofMillis(200)).withBuilds(1, 0));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "POST /v1/builds HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 408").contains("did not arrive");
    }
    int next;
    do {
      next = post("", "x").statusCode();
    } while (next == 408); // which is how a machine with much else to do may see this one, too
    assertThat(next).as("there is room for a build again").isEqualTo(202);
  }

  @Test
  void badRequestsAreAnsweredInJson() throws Exception {
    assertThat(json(post("?frobnicate=1", "x")).at("/error/message").asText())
        .isEqualTo("unknown parameter \"frobnicate\"");
    assertThat(post("?build-arg=novalue", "x").statusCode()).isEqualTo(400);
    assertThat(post("?no-cache=maybe", "x").statusCode()).isEqualTo(400);
    assertThat(post("?platform=a/b/c/d", "x").statusCode()).isEqualTo(400);
    assertThat(post("?tag=Not:A:Name", "x").statusCode()).isEqualTo(400);
    assertThat(post("?tag=" + "a.".repeat(60_000) + "a", "x").statusCode()).isEqualTo(400);
    assertThat(post("?network=moon", "x").statusCode()).isEqualTo(400);
    assertThat(post("", "").statusCode()).isEqualTo(400);
    assertThat(json(get("/")).at("/error/hint").asText()).contains("/openapi.yaml");
    assertThat(get("/v1/builds/none").statusCode()).isEqualTo(404);
    assertThat(get("/v1/nothing").statusCode()).isEqualTo(404);
    HttpResponse<String> html =
        send(
            to("/v1/builds")
                .header("content-type", "text/html")
                .POST(HttpRequest.BodyPublishers.ofString("x")));
    assertThat(html.statusCode()).isEqualTo(415);
    assertThat(engine.requests).isEmpty();
  }
}
