package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class AccessTest extends ServerTest {
  private boolean callersAreBuilds;

  /** Opened when somebody asks whose a connection is. */
  private final CountDownLatch asked = new CountDownLatch(1);

  /** What the answer to that waits for. */
  private volatile CountDownLatch answered = new CountDownLatch(0);

  @Override
  boolean isOfABuild() {
    try {
      asked.countDown();
      answered.await();
      return callersAreBuilds;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
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
}
