package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.Store;
import dev.jbuild.store.StoredItem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ADD of what is behind a URL, against a server of our own. */
final class AddUrlTest {
  @TempDir Path folder;

  private Bench bench;
  private HttpServer server;
  private String url;
  private volatile byte[] body = "hello".getBytes(StandardCharsets.UTF_8);
  private volatile boolean breaks;
  private volatile Runnable halfway = () -> {};
  private final List<String> asked = new CopyOnWriteArrayList<>();

  @BeforeEach
  void open() throws IOException {
    bench = new Bench(folder);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    url = "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @AfterEach
  void close() {
    server.stop(0);
    bench.close();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String etag = "\"" + Digest.of(body).shortHex() + "\"";
    var sent = exchange.getRequestHeaders();
    var headers = exchange.getResponseHeaders();
    headers.set("ETag", etag);
    headers.set("Last-Modified", "Sat, 03 Feb 2001 04:05:06 GMT");
    if (path.equals("/moved")) {
      headers.set("Location", "/a/file.txt");
      status(exchange, 302);
    } else if (path.equals("/private")
        && !"Bearer s3cret-token".equals(sent.getFirst("Authorization"))) {
      status(exchange, 401);
    } else if (path.equals("/none")) {
      status(exchange, 404);
    } else if (etag.equals(sent.getFirst("If-None-Match"))) {
      status(exchange, 304);
    } else if (etag.equals(sent.getFirst("If-Range"))) {
      int from = Integer.parseInt(sent.getFirst("Range").replaceAll("\\D", ""));
      headers.set("Content-Range", "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
      send(exchange, 206, from, body.length);
    } else {
      send(exchange, 200, 0, breaks ? body.length / 2 : body.length);
    }
  }

  private void status(HttpExchange exchange, int status) throws IOException {
    asked.add(exchange.getRequestURI().getPath() + " " + status);
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  private void send(HttpExchange exchange, int status, int from, int to) throws IOException {
    asked.add(exchange.getRequestURI().getPath() + " " + status + " " + (from > 0));
    exchange.sendResponseHeaders(status, body.length - from);
    int half = (to - from) / 2;
    exchange.getResponseBody().write(body, from, half);
    exchange.getResponseBody().flush();
    halfway.run();
    exchange.getResponseBody().write(body, from + half, to - from - half);
    exchange.getResponseBody().flush();
    exchange.close();
  }

  @Test
  void fileHasTheUrlsNameMode0600AndTheServersTime() throws IOException {
    bench.build("FROM scratch\nADD " + url + "/a/file.txt?x=1 /d/\n");
    assertThat(bench.file("d/file.txt")).isEqualTo("hello");
    assertThat(bench.entry("d/file.txt").attributes().mode()).isEqualTo(0600);
    assertThat(bench.entry("d/file.txt").attributes().mtime())
        .isEqualTo(Instant.parse("2001-02-03T04:05:06Z"));
  }

  @Test
  void aPruneLeavesWhatABuildIsFetching() throws IOException {
    String dockerfile = "FROM scratch\nADD " + url + "/f /f\n";
    halfway = () -> prune("a build that uses this file of a URL");
    bench.build(dockerfile);
    assertThat(asked).containsExactly("/f 200 false");
    assertThat(bench.file("f")).isEqualTo("hello");
    try (Stream<Path> kept = Files.list(bench.store().root().resolve("cache/http"))) {
      assertThat(kept).hasSize(1);
    }
    prune("");
    assertThat(bench.store().root().resolve("cache/http")).isEmptyDirectory();
  }

  private void prune(String holder) {
    try (Store store = Store.open(bench.store().root(), "prune")) {
      store.prune(PruneOptions.everything());
      assertThat(store.usage().items())
          .filteredOn(item -> item.name().startsWith("cache/http/"))
          .flatExtracting(StoredItem::heldBy)
          .isEqualTo(holder.isEmpty() ? List.of() : List.of(holder));
    }
  }

  @Test
  void unchangedFileIsNotSentAgainAndAChangedOneIsAMiss() throws IOException {
    String dockerfile = "FROM scratch\nADD --chmod=755 " + url + "/f /f\n";
    bench.build(dockerfile);
    bench.build(dockerfile);
    assertThat(asked).containsExactly("/f 200 false", "/f 304");
    assertThat(bench.ran()).isEmpty();
    body = "other".getBytes(StandardCharsets.UTF_8);
    bench.build(dockerfile);
    assertThat(bench.ran()).hasSize(1);
    assertThat(bench.file("f")).isEqualTo("other");
    assertThat(bench.entry("f").attributes().mode()).isEqualTo(0755);
  }

  @Test
  void brokenDownloadGoesOnWhereItBroke() throws IOException {
    body = "0123456789".repeat(20_000).getBytes(StandardCharsets.UTF_8);
    breaks = true;
    bench.build("FROM scratch\nADD " + url + "/big /big\n");
    assertThat(bench.file("big")).isEqualTo(new String(body, StandardCharsets.UTF_8));
    assertThat(asked).containsExactly("/big 200 false", "/big 206 true");
  }

  @Test
  void redirectKeepsTheNameThatWasWritten() throws IOException {
    bench.build("FROM scratch\nADD " + url + "/moved /d/\n");
    assertThat(bench.file("d/moved")).isEqualTo("hello");
  }

  @Test
  void checksumIsHeld() throws IOException {
    String good = Digest.of(body).toString();
    String bad = Digest.EMPTY.toString();
    bench.build("FROM scratch\nADD --checksum=" + good + " " + url + "/f /f\n");
    assertThat(bench.file("f")).isEqualTo("hello");
    assertThatThrownBy(
            () -> bench.build("FROM scratch\nADD --checksum=" + bad + " " + url + "/f /f\n"))
        .isInstanceOf(LocatedFailure.class)
        .hasMessageContaining(good)
        .hasMessageContaining(bad);
  }

  @Test
  void tokenIsSentAndNeverShown() throws IOException {
    String dockerfile = "FROM scratch\nADD " + url + "/private /f\n";
    assertThatThrownBy(() -> bench.build(dockerfile))
        .isInstanceOf(LocatedFailure.class)
        .hasMessageContaining("401");
    byte[] token = "s3cret-token".getBytes(StandardCharsets.UTF_8);
    bench.build(
        dockerfile,
        request -> request.secret("HTTP_AUTH_TOKEN_127.0.0.1", new SecretSource.Value(token)));
    assertThat(bench.file("f")).isEqualTo("hello");
    assertThat(bench.events().toString()).doesNotContain("s3cret-token");
  }

  @Test
  void proxyIsAskedUnlessTheHostIsAnException() throws IOException {
    String proxy = url.replace("//", "//me:pass@");
    String far = "FROM scratch\nADD http://files.invalid/a/file.txt /f\n";
    try (Bench behind = new Bench(folder.resolve("behind"), Map.of("http_proxy", proxy))) {
      behind.build(far);
      assertThat(behind.file("f")).isEqualTo("hello");
      assertThat(asked).containsExactly("/a/file.txt 200 false");
    }
    Map<String, String> excepted = Map.of("http_proxy", proxy, "no_proxy", ".invalid");
    try (Bench past = new Bench(folder.resolve("past"), excepted)) {
      assertThatThrownBy(() -> past.build(far))
          .hasMessageContaining("GET http://files.invalid/a/file.txt: files.invalid: ")
          .hasRootCauseInstanceOf(UnknownHostException.class);
      assertThat(asked).hasSize(1);
    }
  }

  @Test
  void missingFileAndPasswordInTheUrlAreErrors() {
    assertThatThrownBy(() -> bench.build("FROM scratch\nADD " + url + "/none /f\n"))
        .hasMessageContaining("404");
    assertThatThrownBy(
            () -> bench.build("FROM scratch\nADD " + url.replace("//", "//me:pass@") + "/f /f\n"))
        .hasMessageContaining("history");
    assertThat(asked).containsExactly("/none 404");
  }
}
