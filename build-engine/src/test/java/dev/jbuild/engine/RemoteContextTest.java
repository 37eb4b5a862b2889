package dev.jbuild.engine;

import static dev.jbuild.engine.GitServer.commit;
import static dev.jbuild.engine.GitServer.git;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.jbuild.image.ImageLocation;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Build contexts from elsewhere: repositories, downloads, layouts; the main one and named ones. */
final class RemoteContextTest {
  @TempDir Path folder;

  private Bench bench;
  private HttpServer web;
  private final Map<String, byte[]> pages = new ConcurrentHashMap<>();

  @BeforeEach
  void open() throws IOException {
    bench = new Bench(folder);
    web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.createContext(
        "/",
        exchange -> {
          byte[] page = pages.get(exchange.getRequestURI().getPath());
          exchange.sendResponseHeaders(page == null ? 404 : 200, page == null ? -1 : page.length);
          if (page != null) {
            exchange.getResponseBody().write(page);
          }
          exchange.close();
        });
    web.start();
  }

  @AfterEach
  void close() {
    web.stop(0);
    bench.close();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + web.getAddress().getPort() + path;
  }

  private void build(ContextSource context) {
    bench.build(BuildRequest.builder(context).tag("result").build());
  }

  private static byte[] tar(String... namesAndTexts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      for (int i = 0; i < namesAndTexts.length; i += 2) {
        byte[] text = namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(namesAndTexts[i]);
        entry.setSize(text.length);
        tar.putArchiveEntry(entry);
        tar.write(text);
        tar.closeArchiveEntry();
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void repositoryIsAContextFromItsSubdirectoryOnWithWhatDockerignoreNames() throws IOException {
    assumeTrue(GitServer.isPossible(), "git is not installed");
    try (GitServer server = new GitServer(folder.resolve("repositories"))) {
      Path repository = server.create("app.git");
      commit(repository, "app/Dockerfile", "FROM scratch\nCOPY . /all/\n");
      commit(repository, "app/.dockerignore", "file\n");
      commit(repository, "app/file", "one");
      build(new ContextSource.Git(server.url("app.git/.git") + "#main:app"));
      assertThat(bench.file("all/file")).isEqualTo("one");
      build(new ContextSource.Git(server.url("app.git/.git") + "#main:app"));
      assertThat(bench.ran()).isEmpty();
      build(new ContextSource.Git(repository.resolve(".git").toUri() + "#main:app"));
      assertThat(bench.ran()).as("the same files by another way").isEmpty();
      commit(repository, "app/file", "two");
      build(new ContextSource.Git(server.url("app.git/.git") + "#main:app"));
      assertThat(bench.file("all/file")).isEqualTo("two");
    }
  }

  @Test
  void gitDirectoryIsPartOfTheContextWhenTheArgumentSaysSo() throws IOException {
    assumeTrue(GitServer.isPossible(), "git is not installed");
    try (GitServer server = new GitServer(folder.resolve("repositories"))) {
      Path repository = server.create("app.git");
      commit(repository, "Dockerfile", "FROM scratch\nCOPY . /all/\n");
      String url = server.url("app.git/.git");
      build(new ContextSource.Git(url));
      assertThat(bench.file("all/.git/HEAD")).isNull();
      bench.build(
          BuildRequest.builder(new ContextSource.Git(url))
              .tag("result")
              .buildArg("BUILDKIT_CONTEXT_KEEP_GIT_DIR", "1")
              .build());
      assertThat(bench.file("all/.git/HEAD"))
          .isEqualTo(git(repository, "rev-parse", "HEAD") + "\n");
    }
  }

  @Test
  void linkInPlaceOfASubdirectoryLeadsNowhereElse() throws IOException {
    assumeTrue(GitServer.isPossible(), "git is not installed");
    try (GitServer server = new GitServer(folder.resolve("repositories"))) {
      Path repository = server.create("app.git");
      java.nio.file.Files.createSymbolicLink(repository.resolve("sub"), Path.of("/etc"));
      commit(repository, "Dockerfile", "FROM scratch\nCOPY . /all/\n");
      assertThatThrownBy(
              () -> build(new ContextSource.Git(server.url("app.git/.git") + "#main:sub")))
          .hasMessageContaining("has no directory \"sub\"");
    }
  }

  @Test
  void submodulesOfARepositoryOnDiskReachNoOtherOfThatDisk() throws IOException {
    assumeTrue(GitServer.isPossible(), "git is not installed");
    try (GitServer server = new GitServer(folder.resolve("repositories"))) {
      Path secret = server.create("secret.git");
      commit(secret, "key", "private");
      Path repository = server.create("app.git");
      git(repository, "submodule", "--quiet", "add", secret.toUri().toString(), "deps/secret");
      commit(repository, "Dockerfile", "FROM scratch\nCOPY . /all/\n");
      ContextSource own = new ContextSource.Git(repository.resolve(".git").toUri().toString());
      assertThatThrownBy(() -> build(own)).hasMessageContaining("'file' not allowed");
      build(new ContextSource.Git(repository.resolve(".git").toUri() + "?submodules=false"));
      assertThat(bench.file("all/Dockerfile")).startsWith("FROM");
    }
  }

  @Test
  void archiveBehindAUrlIsAContext() throws IOException {
    pages.put("/c.tgz", tar("Dockerfile", "FROM scratch\nCOPY f /f\n", "f", "from a tar"));
    build(new ContextSource.Http(url("/c.tgz")));
    assertThat(bench.file("f")).isEqualTo("from a tar");
  }

  @Test
  void dockerfileBehindAUrlIsBuiltWithoutFiles() {
    pages.put("/D", "FROM scratch\nCOPY <<EOF /f\nalone\nEOF\n".getBytes(StandardCharsets.UTF_8));
    build(new ContextSource.Http(url("/D")));
    assertThat(bench.file("f")).isEqualTo("alone\n");
    pages.put("/E", "FROM scratch\nCOPY file /f\n".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> build(new ContextSource.Http(url("/E"))))
        .hasMessageContaining("\"file\" is not there");
    assertThatThrownBy(() -> build(new ContextSource.Http(url("/none"))))
        .hasMessageContaining("404");
  }

  @Test
  void namedContextsOfEveryKindCanBeCopiedFromAndBuiltFrom() throws IOException {
    pages.put("/c.tgz", tar("f", "from a tar"));
    bench.build("FROM scratch\nCOPY <<EOF /f\nfrom a layout\nEOF\n");
    Path layout = folder.resolve("layout");
    Images images = new Images(bench.store());
    images.write(images.resolve("result"), "x:v1", new ImageLocation.OciDirectory(layout, "x:v1"));
    String digest = images.resolve("result").digest().toString();
    Map<String, ContextSource> named =
        Map.of(
            "tar",
            new ContextSource.Http(url("/c.tgz")),
            "docker.io/library/base:latest",
            new ContextSource.OciLayout(layout, "v1"),
            "pinned",
            new ContextSource.OciLayout(layout, digest),
            "mine::" + Platform.host(),
            new ContextSource.OciLayout(layout, "v1"));
    for (String[] each :
        new String[][] {
          {"FROM scratch\nCOPY --from=tar f /f\n", "from a tar"},
          {"FROM tar\nCOPY <<EOF /g\nx\nEOF\n", "from a tar"},
          {"FROM base\nWORKDIR /w\n", "from a layout\n"},
          {"FROM scratch\nCOPY --from=pinned /f /f\n", "from a layout\n"},
          {"FROM mine\nLABEL a=b\n", "from a layout\n"},
        }) {
      bench.build(each[0], request -> named.forEach(request::namedContext));
      assertThat(bench.file("f")).as(each[0]).isEqualTo(each[1]);
      assertThat(bench.image().config().history().stream().filter(h -> !h.emptyLayer()))
          .as(each[0])
          .hasSameSizeAs(bench.image().config().diffIds());
    }
  }

  @Test
  void namedContextThatNobodyUsesIsNotFetched() {
    bench.build(
        "FROM scratch\nLABEL a=b\n",
        request -> request.namedContext("other", new ContextSource.Http(url("/none"))));
  }
}
