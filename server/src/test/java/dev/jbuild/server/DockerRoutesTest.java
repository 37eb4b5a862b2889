package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class DockerRoutesTest extends ServerTest {
  @Test
  void aPingTellsVersionAndBuilder() throws Exception {
    for (String path : new String[] {"/_ping", "/v1.24/_ping", "/v1.44/_ping"}) {
      HttpResponse<String> ping = get(path);
      assertThat(ping.statusCode()).isEqualTo(200);
      assertThat(ping.body()).isEqualTo("OK");
      assertThat(ping.headers().firstValue("api-version")).contains("1.44");
      assertThat(ping.headers().firstValue("builder-version")).contains("1");
      assertThat(ping.headers().firstValue("ostype")).contains("linux");
      assertThat(ping.headers().firstValue("docker-experimental")).contains("false");
      assertThat(ping.headers().firstValue("cache-control"))
          .contains("no-cache, no-store, must-revalidate");
    }
    HttpResponse<String> head =
        send(to("/_ping").method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("api-version")).contains("1.44");
    assertThat(head.body()).isEmpty();
  }

  @Test
  void theVersionHasBothApisFields() throws Exception {
    JsonNode version = json(get("/v1.41/version"));
    assertThat(version.get("Version").asText()).isEqualTo("1.2.3");
    assertThat(version.get("ApiVersion").asText()).isEqualTo("1.44");
    assertThat(version.get("MinAPIVersion").asText()).isEqualTo("1.24");
    assertThat(version.get("Os").asText()).isEqualTo("linux");
    assertThat(json(get("/version"))).isEqualTo(version);
    assertThat(version.get("version").asText()).isEqualTo("1.2.3");
  }

  @Test
  void theInfoSaysThatThereAreNoContainers() throws Exception {
    JsonNode info = json(get("/info"));
    assertThat(info.get("Images").asInt()).isZero();
    assertThat(info.get("MemTotal").asLong()).isGreaterThan(1 << 20);
    assertThat(info.at("/Warnings/0").asText()).contains("build server");
  }

  @Test
  void versionsThatAreNotServedAreRefusedInDockersWords() throws Exception {
    assertThat(refusal(get("/v1.45/_ping")))
        .isEqualTo("400 client version 1.45 is too new. Maximum supported API version is 1.44");
    assertThat(refusal(get("/v1.23/images/json")))
        .isEqualTo(
            "400 client version 1.23 is too old. Minimum supported API version is 1.24, please"
                + " upgrade your client to a newer version");
  }

  @Test
  void whatABuildServerHasNotIsSaid() throws Exception {
    assertThat(refusal(get("/v1.41/containers/json")))
        .isEqualTo("501 jbuild is a build server, which has no containers: GET /containers/json");
    assertThat(refusal(get("/v1.41/containers/hello/json"))).startsWith("404 ");
    assertThat(refusal(send(to("/session").POST(HttpRequest.BodyPublishers.noBody()))))
        .startsWith("501 BuildKit's sessions")
        .contains("DOCKER_BUILDKIT=0", "/v1/builds");
    assertThat(refusal(get("/v1.41/nothing"))).isEqualTo("404 page not found");
    assertThat(refusal(get("/v1.41"))).isEqualTo("404 page not found");
    assertThat(json(get("/nothing")).at("/error/kind").asText()).isEqualTo("not_found");
  }

  @Test
  void strangersAreRefusedInDockersShape() throws Exception {
    restart(OPTIONS.withToken("s3cret"));
    assertThat(refusal(get("/_ping"))).startsWith("401 the token of this server is needed");
    assertThat(send(to("/_ping").header("authorization", "Bearer s3cret")).body()).isEqualTo("OK");
    restart(OPTIONS);
    assertThat(refusal(send(to("/v1.41/version").header("origin", "https://evil.example"))))
        .startsWith("403 ");
  }
}
