package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.Output;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BuildRoutesTest extends ServerTest {
  @Test
  void aPostedContextIsBuiltAndFollowed() throws Exception {
    HttpResponse<String> accepted =
        post("?tag=hello:1&tag=hello:2&build-arg=A%3D1%3D2&file=docker/Dockerfile", "the context");
    String id = id(accepted);

    assertThat(accepted.headers().firstValue("location")).contains("/v1/builds/" + id);
    assertThat(types(events(id)))
        .containsExactly("planned", "step-started", "step-finished", "finished");
    assertThat(engine.contexts).containsExactly("the context");
    BuildRequest request = engine.requests.element();
    assertThat(request.tags()).containsExactly("hello:1", "hello:2");
    assertThat(request.buildArgs()).containsEntry("A", "1=2");
    assertThat(request.dockerfile()).isEqualTo(new DockerfileSource.InContext("docker/Dockerfile"));
    assertThat(request.outputs()).singleElement().isInstanceOf(Output.StoreImage.class);
    ObjectNode build = json(get("/v1/builds/" + id));
    assertThat(build.get("state").asText()).isEqualTo("succeeded");
    assertThat(build.get("result").get("names")).hasSize(2);
    assertThat(json(get("/v1/builds")).get("builds").get(0)).isEqualTo(build);
  }

  @Test
  void aBuildIsFollowedFromThePostItself() throws Exception {
    HttpResponse<String> stream =
        send(
            to("/v1/builds?target=fail")
                .header("accept", "text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofString("x")));

    assertThat(stream.statusCode()).isEqualTo(200);
    List<JsonNode> events = data(stream.body());
    assertThat(types(events)).containsExactly("planned", "step-started", "failed");
    JsonNode failure = events.getLast().get("failure");
    assertThat(failure.get("kind").asText()).isEqualTo("user");
    assertThat(failure.get("message").asText()).isEqualTo("no luck");
    assertThat(failure.get("hint").asText()).isEqualTo("try harder");
    String location = stream.headers().firstValue("location").orElseThrow();
    assertThat(json(get(location)).get("state").asText()).isEqualTo("failed");
  }

  @Test
  void aFollowerResumesAfterTheLastEventItSaw() throws Exception {
    String id = id(post("", "x"));
    String whole = send(to("/v1/builds/" + id + "/events")).body();
    List<String> ids =
        whole
            .lines()
            .filter(line -> line.startsWith("id: "))
            .map(line -> line.substring(4))
            .toList();

    assertThat(types(events(id, "last-event-id", ids.get(1))))
        .containsExactly("step-finished", "finished");
    assertThat(events(id, "last-event-id", ids.getLast())).isEmpty();
    HttpResponse<String> nonsense =
        send(to("/v1/builds/" + id + "/events").header("last-event-id", "3"));
    assertThat(nonsense.statusCode()).isEqualTo(400);
  }

  @Test
  void aLateFollowerOfMuchOutputGetsAllOfIt() throws Exception {
    String id = id(post("?target=chatty", "x"));

    List<JsonNode> events = events(id);

    assertThat(events).hasSize(2004);
    assertThat(events.get(1000).get("text").asText()).hasSize(1001);
  }

  @Test
  void anEventComesWhenItHappensAndNotAtTheEnd() throws Exception {
    String id = id(post("?target=wait", "x"));
    HttpResponse<InputStream> response =
        client.send(
            to("/v1/builds/" + id + "/events").build(), HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      assertThat(reader.readLine()).startsWith("id: ");
      assertThat(reader.readLine()).contains("planned");
      assertThat(json(get("/v1/builds/" + id)).get("state").asText()).isEqualTo("running");
      engine.permits.add("go");
      assertThat(reader.lines().filter(line -> line.startsWith("data: ")).toList()).hasSize(3);
    }
  }

  @Test
  void aRunningBuildIsCancelled() throws Exception {
    String id = id(post("?target=wait", "x"));
    assertThat(engine.entered.poll(30, TimeUnit.SECONDS)).isEqualTo("wait");

    HttpResponse<String> answer = send(to("/v1/builds/" + id).DELETE());

    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(events(id).getLast().get("failure").get("kind").asText()).isEqualTo("cancelled");
    assertThat(json(get("/v1/builds/" + id)).get("state").asText()).isEqualTo("cancelled");
    assertThat(send(to("/v1/builds/" + id).DELETE()).statusCode()).isEqualTo(200);
  }

  @Test
  void aWaitingBuildIsCancelledBeforeItsTurn() throws Exception {
    restart(OPTIONS.withBuilds(1, 1));
    String first = id(post("?target=wait", "x"));
    assertThat(engine.entered.poll(30, TimeUnit.SECONDS)).isEqualTo("wait");
    String second = id(post("", "y"));

    assertThat(json(get("/v1/builds/" + second)).get("state").asText()).isEqualTo("queued");
    HttpResponse<String> third = post("", "z");
    assertThat(third.statusCode()).isEqualTo(503);
    assertThat(third.headers().firstValue("retry-after")).isPresent();
    assertThat(post("?tag=Not:A:Name", "z").statusCode()).isEqualTo(400);
    assertThat(get("/metrics").body())
        .contains("\njbuild_builds_running 1\n", "\njbuild_builds_waiting 1\n")
        .contains("\njbuild_builds_refused_total 1\n", "\njbuild_build_seconds_count 0\n");

    send(to("/v1/builds/" + second).DELETE());
    assertThat(types(events(second))).containsExactly("failed");
    assertThat(engine.contexts).containsExactly("x");
    engine.permits.add("go");
    assertThat(types(events(first))).endsWith("finished");
    assertThat(types(events(id(post("", "z"))))).endsWith("finished");
    assertThat(types(events(id(post("?target=fail", "z"))))).endsWith("failed");
    HttpResponse<String> metrics = get("/metrics");
    assertThat(metrics.headers().firstValue("content-type").orElseThrow()).startsWith("text/plain");
    assertThat(metrics.body())
        .contains("_ended_total{state=\"succeeded\"} 2\n", "{state=\"failed\"} 1\n")
        .contains("_ended_total{state=\"cancelled\"} 1\n", "\njbuild_build_seconds_count 3\n");
  }

  @Test
  void aBuildThatTakesTooLongIsEnded() throws Exception {
    restart(OPTIONS.withBuildTime(Duration.ofMillis(50)));

    String id = id(post("?target=wait", "x"));

    assertThat(events(id).getLast().get("failure").get("message").asText()).contains("longer than");
    assertThat(json(get("/v1/builds/" + id)).get("state").asText()).isEqualTo("failed");
  }
}
