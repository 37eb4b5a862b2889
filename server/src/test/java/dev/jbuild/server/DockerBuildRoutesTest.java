package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.registry.auth.Credential;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DockerBuildRoutesTest extends ServerTest {
  private HttpRequest.Builder build(String path) {
    return to(path)
        .header("content-type", "application/x-tar")
        .POST(HttpRequest.BodyPublishers.ofString("the context"));
  }

  @Test
  void aPostedContextIsBuiltAndTold() throws Exception {
    String logins =
        Base64.getUrlEncoder()
            .encodeToString(
                "{\"h:5000\":{\"username\":\"ann\",\"password\":\"s3cret\"}}"
                    .getBytes(StandardCharsets.UTF_8));
    HttpResponse<String> answer =
        send(build("/v1.41/build?t=hello:1&t=hello").header("x-registry-config", logins));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    assertThat(answer.headers().firstValue("api-version")).contains("1.44");
    assertThat(answer.body())
        .startsWith("{\"stream\":\"Step 1/1 : RUN true\\n\"}\r\n")
        .contains("Successfully tagged hello:latest");
    assertThat(engine.contexts).containsExactly("the context");
    BuildRequest request = engine.requests.element();
    assertThat(request.tags()).containsExactly("hello:1", "hello:latest");
    assertThat(request.credentials().find("h:5000", "app").credential())
        .containsInstanceOf(Credential.Password.class);
    String known = get("/v1/builds").body();
    assertThat(known).contains("hello:1").doesNotContain("s3cret", "ann");
  }

  @Test
  void aFailureComesAsTheLastMessage() throws Exception {
    List<String> lines = send(build("/build?target=fail")).body().lines().toList();
    assertThat(lines)
        .hasSize(2)
        .last()
        .isEqualTo(
            "{\"errorDetail\":{\"message\":\"no luck\\nhint: try harder\"},"
                + "\"error\":\"no luck\\nhint: try harder\"}");
    HttpResponse<String> quiet = send(build("/build?target=fail&q=1"));
    assertThat(quiet.body().lines()).containsExactlyElementsOf(lines);
  }

  @Test
  void whoGoesAwayCancels() throws Exception {
    HttpResponse<InputStream> answer =
        client.send(build("/build?target=wait").build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(engine.entered.poll(30, TimeUnit.SECONDS)).isEqualTo("wait");
    String id = json(get("/v1/builds")).at("/builds/0/id").asText();

    answer.body().close();

    // the events end when the build does
    assertThat(get("/v1/builds/" + id + "/events").body()).contains("\"kind\":\"cancelled\"");
    assertThat(json(get("/v1/builds/" + id)).get("state").asText()).isEqualTo("cancelled");
  }

  @Test
  void whatIsWrongIsSaidInDockersShape() throws Exception {
    assertThat(refusal(send(build("/build?squash=1")))).startsWith("400 squash is not supported");
    assertThat(refusal(send(build("/build?q=1&q=0")))).startsWith("400 \"q\" is given more");
    assertThat(refusal(send(build("/build").header("x-registry-config", "s3cret!"))))
        .isEqualTo("400 X-Registry-Config is not base64 of a JSON object with logins");
    assertThat(
            refusal(
                send(
                    to("/build")
                        .header("content-type", "text/html")
                        .POST(HttpRequest.BodyPublishers.ofString("x")))))
        .startsWith("415 ");
    assertThat(refusal(send(to("/build").POST(HttpRequest.BodyPublishers.noBody()))))
        .startsWith("400 the request has no context");
    restart(OPTIONS.withContextLimit(10, Duration.ofMinutes(1)));
    assertThat(refusal(send(build("/build")))).startsWith("413 ");
    assertThat(engine.requests).isEmpty();
  }

  @Test
  void aBuildWaitsItsTurnAmongAll() throws Exception {
    restart(OPTIONS.withBuilds(1, 0));
    HttpResponse<InputStream> first =
        client.send(build("/build?target=wait").build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(engine.entered.poll(30, TimeUnit.SECONDS)).isEqualTo("wait");

    HttpResponse<String> second = send(build("/build"));

    assertThat(refusal(second)).startsWith("503 no room for another build");
    assertThat(second.headers().firstValue("retry-after")).isPresent();
    engine.permits.add("go");
    try (InputStream body = first.body()) {
      assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8))
          .contains("Successfully built");
    }
  }
}
