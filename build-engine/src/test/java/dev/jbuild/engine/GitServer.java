package dev.jbuild.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Repositories in a folder, served by {@code git http-backend} as a real server does it. */
public final class GitServer implements AutoCloseable {
  private final Path folder;
  private final HttpServer server;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private volatile @Nullable String required;
  private volatile @Nullable String movedTo;
  private volatile boolean quotes;

  public GitServer(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  /** Whether there is a git to test with. */
  public static boolean isPossible() {
    try {
      return new ProcessBuilder("git", "http-backend", "-h")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          >= 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  public String url(String repository) {
    return "http://" + host() + "/" + repository;
  }

  public Path folder() {
    return folder;
  }

  /** Paths and queries that were asked for, since the last call. */
  public List<String> asked() {
    List<String> all = List.copyOf(asked);
    asked.clear();
    return all;
  }

  /** From now on asks for this Authorization header. */
  public void require(String authorization) {
    required = authorization;
  }

  /** From now on sends everyone elsewhere. */
  public void moveTo(String url) {
    movedTo = url;
  }

  /** From now on refuses everyone in the protocol's way, and quotes what it was told. */
  public void quoteCredentials() {
    quotes = true;
  }

  /** A repository with a work tree. */
  public Path create(String name, String... options) {
    Path repository = folder.resolve(name);
    List<String> command = new ArrayList<>(List.of("init", "-q", "-b", "main"));
    command.addAll(List.of(options));
    command.add(repository.toString());
    git(folder, command.toArray(String[]::new));
    return repository;
  }

  /** Writes a file and commits it; the commit's name. */
  public static String commit(Path repository, String file, String content) {
    try {
      Files.createDirectories(repository.resolve(file).getParent());
      Files.writeString(repository.resolve(file), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    git(repository, "add", "-A");
    git(repository, "commit", "-q", "-m", "change " + file);
    return git(repository, "rev-parse", "HEAD");
  }

  /** Runs git as someone who has configured nothing. */
  public static String git(Path directory, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of("git", "-c", "protocol.file.allow=always", "-c", "core.hooksPath="));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("GIT_"));
    builder
        .environment()
        .putAll(
            Map.of(
                "GIT_CONFIG_GLOBAL",
                "/dev/null",
                "GIT_CONFIG_NOSYSTEM",
                "1",
                "GIT_AUTHOR_NAME",
                "a",
                "GIT_AUTHOR_EMAIL",
                "a@example.org",
                "GIT_COMMITTER_NAME",
                "a",
                "GIT_COMMITTER_EMAIL",
                "a@example.org",
                "GIT_AUTHOR_DATE",
                "2001-02-03T04:05:06Z",
                "GIT_COMMITTER_DATE",
                "2001-02-03T04:05:06Z"));
    try {
      Process process = builder.start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + ": " + out);
      }
      return out.strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    String location = movedTo;
    String wanted = required;
    if (location != null) {
      exchange.getResponseHeaders().set("Location", location + exchange.getRequestURI());
      exchange.sendResponseHeaders(302, -1);
    } else if (wanted != null
        && !wanted.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"git\"");
      exchange.sendResponseHeaders(401, -1);
    } else if (quotes) {
      quote(exchange);
    } else {
      backend(exchange, body);
    }
    exchange.close();
  }

  private static void quote(HttpExchange exchange) throws IOException {
    String sent = exchange.getRequestHeaders().getFirst("Authorization");
    String pair = sent.substring(sent.indexOf(' ') + 1);
    String text =
        "ERR not " + pair + ", " + new String(Base64.getDecoder().decode(pair), UTF_8) + " either";
    exchange
        .getResponseHeaders()
        .set("Content-Type", "application/x-git-upload-pack-advertisement");
    byte[] answer =
        ("001e# service=git-upload-pack\n0000" + "%04x".formatted(text.length() + 4) + text)
            .getBytes(UTF_8);
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
  }

  /** CGI as RFC 3875 has it, as far as git uses it. */
  private void backend(HttpExchange exchange, byte[] body) throws IOException {
    ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
    Map<String, String> environment = builder.environment();
    Headers headers = exchange.getRequestHeaders();
    environment.put("GIT_PROJECT_ROOT", folder.toString());
    environment.put("GIT_HTTP_EXPORT_ALL", "1");
    environment.put("PATH_INFO", exchange.getRequestURI().getPath());
    String query = exchange.getRequestURI().getRawQuery();
    environment.put("QUERY_STRING", query == null ? "" : query);
    environment.put("REQUEST_METHOD", exchange.getRequestMethod());
    put(environment, "CONTENT_TYPE", headers.getFirst("Content-Type"));
    put(environment, "GIT_PROTOCOL", headers.getFirst("Git-Protocol"));
    put(environment, "HTTP_CONTENT_ENCODING", headers.getFirst("Content-Encoding"));
    environment.put("CONTENT_LENGTH", String.valueOf(body.length));
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    Thread.ofVirtual()
        .start(() -> {
          try (var in = process.getOutputStream()) {
            new ByteArrayInputStream(body).transferTo(in);
          } catch (IOException e) {
            // The program has read as much as it wanted.
          }
        });
    InputStream out = process.getInputStream();
    int status = 200;
    for (String line = line(out); !line.isEmpty(); line = line(out)) {
      int colon = line.indexOf(':');
      String value = line.substring(colon + 1).strip();
      if (line.startsWith("Status:")) {
        status = Integer.parseInt(value.substring(0, 3));
      } else {
        exchange.getResponseHeaders().set(line.substring(0, colon), value);
      }
    }
    exchange.sendResponseHeaders(status, 0);
    out.transferTo(exchange.getResponseBody());
  }

  private static void put(Map<String, String> environment, String name, @Nullable String value) {
    if (value != null) {
      environment.put(name, value);
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
