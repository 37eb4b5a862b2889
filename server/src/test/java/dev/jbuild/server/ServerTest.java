package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Json;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.store.Store;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server over an engine that builds nothing, and ways to ask it. */
@Timeout(180)
abstract class ServerTest {
  static final ServerOptions OPTIONS =
      ServerOptions.DEFAULT.withAddress(new ServerOptions.Address.Tcp("127.0.0.1", 0));

  @TempDir Path directory;
  final ScriptedEngine engine = new ScriptedEngine();
  final HttpClient client = HttpClient.newHttpClient();
  Store store;
  BuildServer server;

  @BeforeEach
  void start() {
    store = Store.open(directory.resolve("store"), "test");
    server = start(OPTIONS);
  }

  @AfterEach
  void stop() {
    server.close();
    store.close();
    client.close();
  }

  BuildServer start(ServerOptions options) {
    return BuildServer.start(
        options,
        "1.2.3",
        engine,
        store,
        RegistryOptions.builder(Map.of()).build(),
        (_, _) -> isOfABuild());
  }

  /** Whether who calls is taken for a build of the server. */
  boolean isOfABuild() {
    return false;
  }

  void restart(ServerOptions options) {
    server.close();
    server = start(options);
  }

  HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path));
  }

  HttpResponse<String> get(String path) throws Exception {
    return send(to(path));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  static ObjectNode json(HttpResponse<String> response) {
    return Json.parseObject(response.body().getBytes(StandardCharsets.UTF_8), "answer");
  }

  /** The status of an answer and Docker's message in it. */
  static String refusal(HttpResponse<String> response) {
    assertThat(json(response).size()).as(response.body()).isEqualTo(1);
    return response.statusCode() + " " + json(response).path("message").asText();
  }

  /** Posts a build to {@code /v1/builds}. */
  HttpResponse<String> post(String query, String body) throws Exception {
    return send(
        to("/v1/builds" + query)
            .header("content-type", "application/x-tar")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  static String id(HttpResponse<String> accepted) {
    assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
    return json(accepted).get("id").asText();
  }

  /** The data of the events until the stream ends. */
  List<JsonNode> events(String id, String... headers) throws Exception {
    HttpRequest.Builder request = to("/v1/builds/" + id + "/events");
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> response = send(request);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
    return data(response.body());
  }

  static List<JsonNode> data(String stream) {
    List<JsonNode> events = new ArrayList<>();
    stream
        .lines()
        .filter(line -> line.startsWith("data: "))
        .forEach(line ->
            events.add(
                Json.parseObject(
                    line.substring("data: ".length()).getBytes(StandardCharsets.UTF_8), "event")));
    return events;
  }

  static List<String> types(List<JsonNode> events) {
    return events.stream().map(event -> event.get("type").asText()).toList();
  }
}
