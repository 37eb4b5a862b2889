package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.Output;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.store.Store;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class BuildServerTest {
  private static final ServerOptions OPTIONS =
      ServerOptions.DEFAULT.withAddress(new ServerOptions.Address.Tcp("127.0.0.1", 0));

  @TempDir Path directory;
  private final ScriptedEngine engine = new ScriptedEngine();
  private final HttpClient client = HttpClient.newHttpClient();
  private Store store;
  private BuildServer server;
  private boolean callersAreBuilds;

  /** Opened when somebody asks whose a connection is. */
  private final CountDownLatch asked = new CountDownLatch(1);

  /** What the answer to that waits for. */
  private volatile CountDownLatch answered = new CountDownLatch(0);

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

  private BuildServer start(ServerOptions options) {
    return BuildServer.start(
        options,
        "1.2.3",
        engine,
        store,
        RegistryOptions.builder(Map.of()).build(),
        (_, _) -> isOfABuild());
  }

  private boolean isOfABuild() {
    try {
      asked.countDown();
      answered.await();
      return callersAreBuilds;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void restart(ServerOptions options) {
    server.close();
    server = start(options);
  }

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(to(path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String query, String body) throws Exception {
    return send(
        to("/v1/builds" + query)
            .header("content-type", "application/x-tar")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static ObjectNode json(HttpResponse<String> response) {
    return Json.parseObject(response.body().getBytes(StandardCharsets.UTF_8), "answer");
  }

  private static String id(HttpResponse<String> accepted) {
    assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
    return json(accepted).get("id").asText();
  }

  /** The data of the events until the stream ends. */
  private List<JsonNode> events(String id, String... headers) throws Exception {
    HttpRequest.Builder request = to("/v1/builds/" + id + "/events");
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<String> response = send(request);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
    return data(response.body());
  }

  private static List<JsonNode> data(String stream) {
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

  private static List<String> types(List<JsonNode> events) {
    return events.stream().map(event -> event.get("type").asText()).toList();
  }

  @Test
  void othersAreAnsweredWhileItIsFoundOutWhoCalls() throws Exception {
    answered = new CountDownLatch(1);
    CompletableFuture<HttpResponse<String>> post =
        client.sendAsync(
            to("/v1/builds")
                .header("content-type", "application/x-tar")
                .POST(HttpRequest.BodyPublishers.ofString("the context".repeat(1000)))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    try {
      asked.await();
      assertThat(get("/healthz").body()).isEqualTo("ok\n");
      assertThat(post).isNotDone();
    } finally {
      answered.countDown();
    }
    String id = id(post.get());
    assertThat(types(events(id))).contains("finished");
    assertThat(engine.contexts).containsExactly("the context".repeat(1000));
  }

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
  void webPagesAreKeptOut() throws Exception {
    HttpResponse<String> page =
        send(
            to("/v1/builds")
                .header("origin", "https://evil.example")
                .POST(HttpRequest.BodyPublishers.ofString("x")));
    assertThat(page.statusCode()).isEqualTo(403);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /version HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .startsWith("HTTP/1.1 403");
    }
    assertThat(engine.requests).isEmpty();
  }

  @Test
  void buildsOfTheServerAreKeptOutUnlessTheyHaveTheToken() throws Exception {
    callersAreBuilds = true;
    restart(OPTIONS); // whether a connection is a build's is asked once
    assertThat(get("/v1/builds").statusCode()).isEqualTo(403);
    assertThat(post("push&tag=registry.example/a", "x").statusCode()).isEqualTo(403);
    assertThat(get("/v2/").statusCode()).isEqualTo(403);
    restart(OPTIONS.withToken("s3cret"));
    assertThat(send(to("/version").header("authorization", "Bearer s3cret")).statusCode())
        .isEqualTo(200);
    assertThat(engine.requests).isEmpty();
  }

  @Test
  void aTokenIsAskedForEverywhereButForHealth() throws Exception {
    restart(OPTIONS.withToken("s3cret"));

    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    assertThat(get("/version").statusCode()).isEqualTo(401);
    assertThat(post("", "x").statusCode()).isEqualTo(401);
    HttpResponse<String> registry = get("/v2/");
    assertThat(registry.statusCode()).isEqualTo(401);
    assertThat(registry.headers().firstValue("www-authenticate"))
        .contains("Basic realm=\"jbuild\"");
    assertThat(json(registry).at("/errors/0/code").asText()).isEqualTo("UNAUTHORIZED");
    assertThat(send(to("/version").header("authorization", "Bearer s3cret")).statusCode())
        .isEqualTo(200);
    assertThat(send(to("/version").header("authorization", "Bearer other")).statusCode())
        .isEqualTo(401);
    String basic = Base64.getEncoder().encodeToString("me:s3cret".getBytes(StandardCharsets.UTF_8));
    assertThat(send(to("/v2/").header("authorization", "Basic " + basic)).statusCode())
        .isEqualTo(200);
    assertThat(engine.requests).isEmpty();
  }

  @Test
  void anOpenAddressNeedsATokenOrAWord() {
    String host = new InetSocketAddress(0).getAddress().getHostAddress(); // all of the machine's
    ServerOptions open = OPTIONS.withAddress(new ServerOptions.Address.Tcp(host, 0));

    assertThatThrownBy(() -> start(open))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining("\"" + host + "\"")
        .extracting(failure -> ((BuildFailure) failure).hint().orElse(""))
        .asString()
        .contains("--token-file");
    start(open.withToken("x")).close();
    start(open.withAnonymous(true)).close();
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

  /** An image of one layer in the store, tagged {@code hello:1}. */
  private Manifest image(byte[] layerBytes) {
    Descriptor config =
        store.blobs().put(MediaType.OCI_CONFIG, "{}".getBytes(StandardCharsets.UTF_8));
    Descriptor layer = store.blobs().put(MediaType.OCI_LAYER, layerBytes);
    Manifest manifest = Manifest.of(config, List.of(layer));
    store.tags().put("hello:1", store.blobs().put(manifest.mediaType(), manifest.bytes()));
    return manifest;
  }

  @Test
  void imagesArePulledByTagAndDigest() throws Exception {
    Manifest manifest = image("layer".getBytes(StandardCharsets.UTF_8));

    HttpResponse<String> byTag = get("/v2/hello/manifests/1");

    assertThat(byTag.body().getBytes(StandardCharsets.UTF_8)).isEqualTo(manifest.bytes());
    assertThat(byTag.headers().firstValue("content-type")).contains(MediaType.OCI_MANIFEST.value());
    assertThat(byTag.headers().firstValue("docker-content-digest"))
        .contains(manifest.digest().toString());
    HttpResponse<String> byDigest = get("/v2/hello/manifests/" + manifest.digest());
    assertThat(byDigest.body()).isEqualTo(byTag.body());
    HttpResponse<String> head =
        send(to("/v2/hello/manifests/1").method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.headers().firstValue("content-length"))
        .contains(String.valueOf(manifest.bytes().length));
    assertThat(head.body()).isEmpty();
    assertThat(json(get("/v2/hello/tags/list")).get("tags").get(0).asText()).isEqualTo("1");
    assertThat(json(get("/v2/_catalog")).get("repositories").get(0).asText()).isEqualTo("hello");
  }

  @Test
  void blobsAreSentWholeAndInPart() throws Exception {
    Manifest manifest = image("0123456789".getBytes(StandardCharsets.UTF_8));
    String blob = "/v2/hello/blobs/" + manifest.layers().getFirst().digest();

    assertThat(get(blob).body()).isEqualTo("0123456789");
    HttpResponse<String> part = send(to(blob).header("range", "bytes=3-5"));
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo("345");
    assertThat(part.headers().firstValue("content-range")).contains("bytes 3-5/10");
    assertThat(send(to(blob).header("range", "bytes=20-")).statusCode()).isEqualTo(416);
    HttpResponse<String> head = send(to(blob).method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.headers().firstValue("content-length")).contains("10");
    String etag = head.headers().firstValue("etag").orElseThrow();
    assertThat(send(to(blob).header("if-none-match", etag)).statusCode()).isEqualTo(304);
  }

  @Test
  void theRegistrySpeaksTheSpecsErrors() throws Exception {
    Manifest manifest = image(new byte[] {1});

    assertThat(json(get("/v2/hello/manifests/9")).at("/errors/0/code").asText())
        .isEqualTo("MANIFEST_UNKNOWN");
    assertThat(json(get("/v2/nothing/tags/list")).at("/errors/0/code").asText())
        .isEqualTo("NAME_UNKNOWN");
    assertThat(json(get("/v2/Hello/manifests/1")).at("/errors/0/code").asText())
        .isEqualTo("NAME_INVALID");
    assertThat(json(get("/v2/hello/blobs/sha256:ab")).at("/errors/0/code").asText())
        .isEqualTo("DIGEST_INVALID");
    String absent = "sha256:" + "0".repeat(64);
    assertThat(json(get("/v2/hello/blobs/" + absent)).at("/errors/0/code").asText())
        .isEqualTo("BLOB_UNKNOWN");
    assertThat(json(get("/v2/hello/manifests/" + absent)).at("/errors/0/code").asText())
        .isEqualTo("MANIFEST_UNKNOWN");
    assertThat(get("/v2/hello/manifests/" + manifest.layers().getFirst().digest()).statusCode())
        .isEqualTo(404);
    HttpResponse<String> push =
        send(to("/v2/hello/blobs/uploads/").POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(push.statusCode()).isEqualTo(405);
    assertThat(json(push).at("/errors/0/code").asText()).isEqualTo("UNSUPPORTED");
  }

  @Test
  void tagsComeInPages() throws Exception {
    Descriptor target = image(new byte[] {1}).descriptor();
    for (String tag : List.of("2", "3", "4")) {
      store.tags().put("hello:" + tag, target);
    }

    HttpResponse<String> first = get("/v2/hello/tags/list?n=3");

    assertThat(json(first).get("tags")).hasSize(3);
    assertThat(first.headers().firstValue("link"))
        .contains("</v2/hello/tags/list?n=3&last=3>; rel=\"next\"");
    HttpResponse<String> second = get("/v2/hello/tags/list?n=3&last=3");
    assertThat(json(second).get("tags").get(0).asText()).isEqualTo("4");
    assertThat(second.headers().firstValue("link")).isEmpty();
  }
}
