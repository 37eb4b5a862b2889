package dev.jbuild.engine.source;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.wire.WebClient;
import dev.jbuild.store.LockFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Fetches URLs and keeps them: a file the server calls unchanged (304) is not sent again, and a
 * download that breaks goes on where it broke if the server can. Redirects are followed here and
 * not by the client, so that a host only ever hears the credentials that are its own.
 *
 * <p>Safe for use by many threads and processes: files are moved into place whole. What was
 * fetched, or is being fetched, is not collected before this is closed.
 */
public final class HttpDownloads implements AutoCloseable {
  private static final int REDIRECTS = 10;
  private static final int ATTEMPTS = 4;

  private final Path directory;
  private final Credentials credentials;
  private final WebClient client;
  private final ReentrantLock holding = new ReentrantLock();
  private final Map<Path, LockFile> held = new HashMap<>();

  /** What to tell a host about who asks. */
  public interface Credentials {
    /** The value of the Authorization header for a host, if there is one. */
    Optional<String> authorization(String host) throws IOException;
  }

  /**
   * @param directory where files are kept
   * @param options proxies, authorities and time limits, those of registries
   */
  public HttpDownloads(Path directory, Credentials credentials, RegistryOptions options) {
    this.directory = directory;
    this.credentials = credentials;
    this.client = new WebClient(options);
  }

  /** The name of what a URL names: the last component of its path (semantics 71). */
  public static String name(String url) {
    String path = uri(url).getPath();
    String[] parts = path == null ? new String[0] : path.split("/");
    String last = parts.length == 0 ? "" : parts[parts.length - 1];
    return last.isEmpty() || last.equals(".") || last.equals("..") ? "__unnamed__" : last;
  }

  /**
   * The file behind a URL as it is now.
   *
   * @param checksum what it must have, or null
   * @throws BuildFailure {@code NOT_FOUND}, {@code UNAUTHORIZED} or {@code UNAVAILABLE} as the
   *     server says, {@code CORRUPT} if the checksum is another one
   */
  public Download fetch(String url, @Nullable Digest checksum) throws IOException {
    URI uri = uri(url);
    Path place =
        directory.resolve(Digest.of(uri.toString().getBytes(StandardCharsets.UTF_8)).hex());
    hold(place);
    Path part = Files.createTempFile(place, "part-", "");
    try {
      Optional<Kept> kept = Kept.load(place);
      Download download = fetch(uri, place, part, kept);
      verify(uri, download, checksum);
      return download;
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void hold(Path place) throws IOException {
    holding.lock();
    try {
      if (!held.containsKey(place)) {
        held.put(place, LockFile.sharedIn(place, ".lock"));
        // By this the collector knows what was used last.
        Files.setLastModifiedTime(place, FileTime.from(Instant.now()));
      }
    } finally {
      holding.unlock();
    }
  }

  private Download fetch(URI uri, Path place, Path part, Optional<Kept> kept) throws IOException {
    String validator = "";
    for (int attempt = 1; ; attempt++) {
      long have = validator.isEmpty() ? 0 : Files.size(part);
      try (Answer answer = ask(uri, have == 0 ? kept : Optional.empty(), have, validator)) {
        HttpResponse<? extends InputStream> response = answer.response();
        if (response.statusCode() == 304 && kept.isPresent()) {
          return kept.get().download(place);
        }
        requireGood(uri, response);
        boolean goesOn =
            response.statusCode() == 206
                && response
                    .headers()
                    .firstValue("Content-Range")
                    .orElse("")
                    .startsWith("bytes " + have + "-");
        if (response.statusCode() == 206 && !goesOn) {
          throw new IOException("the server sent another part than the one asked for");
        }
        String etag = response.headers().firstValue("ETag").orElse("");
        validator = etag.startsWith("\"") ? etag : "";
        save(response.body(), part, goesOn);
        return keep(response, place, part, etag);
      } catch (BuildFailure e) {
        throw e;
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new BuildFailure(Kind.CANCELLED, "the download was cancelled", e);
        }
        if (attempt == ATTEMPTS) {
          throw new BuildFailure(Kind.UNAVAILABLE, "GET " + shown(uri) + ": " + reason(e), e);
        }
      }
    }
  }

  private static void save(InputStream body, Path part, boolean goesOn) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(
            part,
            StandardOpenOption.WRITE,
            goesOn ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING)) {
      body.transferTo(out);
    }
  }

  private static Download keep(
      HttpResponse<? extends InputStream> response, Path place, Path part, String etag)
      throws IOException {
    Digest digest = digest(part, Digest.hasher());
    String modified = response.headers().firstValue("Last-Modified").orElse("");
    Kept kept = new Kept(etag, modified, digest, Files.size(part));
    Files.move(part, kept.body(place), StandardCopyOption.ATOMIC_MOVE);
    kept.save(place);
    return kept.download(place);
  }

  private record Answer(HttpResponse<? extends InputStream> response) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      response.body().close();
    }
  }

  private Answer ask(URI start, Optional<Kept> kept, long have, String validator)
      throws IOException {
    URI uri = start;
    for (int hop = 0; hop <= REDIRECTS; hop++) {
      Map<String, String> request = new HashMap<>();
      if (mayTell(start, uri)) {
        credentials
            .authorization(uri.getHost())
            .ifPresent(value -> request.put("Authorization", value));
      }
      kept.filter(known -> !known.etag().isEmpty())
          .ifPresent(known -> request.put("If-None-Match", known.etag()));
      kept.filter(known -> known.etag().isEmpty() && !known.modified().isEmpty())
          .ifPresent(known -> request.put("If-Modified-Since", known.modified()));
      if (have > 0) {
        request.put("Range", "bytes=" + have + "-");
        request.put("If-Range", validator);
      }
      HttpResponse<? extends InputStream> response = client.get(uri, request);
      Optional<String> location = response.headers().firstValue("Location");
      int status = response.statusCode();
      boolean redirect = (status >= 301 && status <= 303) || status == 307 || status == 308;
      if (!redirect || location.isEmpty()) {
        return new Answer(response);
      }
      response.body().close();
      uri = uri(uri.resolve(location.get()).toString());
    }
    throw new BuildFailure(Kind.UNAVAILABLE, "GET " + shown(start) + ": too many redirects");
  }

  /** A server that is asked over TLS cannot have the credentials sent in the clear. */
  static boolean mayTell(URI start, URI now) {
    return !start.getScheme().equals("https") || now.getScheme().equals("https");
  }

  private static void requireGood(URI uri, HttpResponse<? extends InputStream> response)
      throws IOException {
    int status = response.statusCode();
    if (status == 200 || status == 206) {
      return;
    }
    if (status >= 500 || status == 429) {
      throw new IOException("the server answers " + status);
    }
    boolean refused = status == 401 || status == 403;
    Kind kind = refused ? Kind.UNAUTHORIZED : status == 404 ? Kind.NOT_FOUND : Kind.UNAVAILABLE;
    throw new BuildFailure(
        kind,
        "GET " + shown(uri) + ": the server answers " + status,
        refused ? "give a token with --secret id=HTTP_AUTH_TOKEN_" + uri.getHost() : null,
        null);
  }

  private static void verify(URI uri, Download download, @Nullable Digest checksum)
      throws IOException {
    if (checksum == null) {
      return;
    }
    Digest actual =
        checksum.algorithm().equals(Digest.SHA256)
            ? download.digest()
            : digest(download.file(), checksum.verifier());
    if (!actual.equals(checksum)) {
      throw new BuildFailure(
          Kind.CORRUPT, shown(uri) + " has the digest " + actual + ", not " + checksum);
    }
  }

  private static Digest digest(Path file, Digest.Hasher hasher) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        hasher.update(buffer, 0, n);
      }
    }
    return hasher.digest();
  }

  private static URI uri(String url) {
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      // Without a cause: its message has the URL, and that may have a password.
      throw new BuildFailure(Kind.USER, "the URL is malformed");
    }
    String scheme = String.valueOf(uri.getScheme());
    if (uri.getHost() == null || (!scheme.equals("http") && !scheme.equals("https"))) {
      throw new BuildFailure(Kind.USER, "the URL is neither http nor https, or has no host");
    }
    if (uri.getUserInfo() != null) {
      throw new BuildFailure(
          Kind.USER,
          "a URL with a password in it ends in the image's history",
          "use --secret id=HTTP_AUTH_HEADER_" + uri.getHost(),
          null);
    }
    return uri;
  }

  /** Without the query, where signed URLs have their secrets. */
  private static String shown(URI uri) {
    return uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath();
  }

  @Override
  public void close() {
    client.close();
    held.values().forEach(LockFile::close);
  }

  /** What is known of a URL's last answer. */
  private record Kept(String etag, String modified, Digest digest, long size) {
    private static final String FILE = "answer";

    static Optional<Kept> load(Path place) throws IOException {
      Path file = place.resolve(FILE);
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      Properties all = new Properties();
      try (InputStream in = Files.newInputStream(file)) {
        all.load(in);
      }
      Optional<Digest> digest = Digest.tryParse(all.getProperty("digest", ""));
      if (digest.isEmpty()) {
        return Optional.empty();
      }
      Path body = place.resolve(digest.get().hex());
      if (!Files.exists(body)
          || !HttpDownloads.digest(body, Digest.hasher()).equals(digest.get())) {
        return Optional.empty();
      }
      return Optional.of(
          new Kept(
              all.getProperty("etag", ""),
              all.getProperty("modified", ""),
              digest.get(),
              Files.size(body)));
    }

    void save(Path place) throws IOException {
      Properties all = new Properties();
      all.setProperty("etag", etag);
      all.setProperty("modified", modified);
      all.setProperty("digest", digest.toString());
      Path file = Files.createTempFile(place, "answer-", "");
      try (OutputStream out = Files.newOutputStream(file)) {
        all.store(out, null);
      }
      Files.move(file, place.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    Path body(Path place) {
      return place.resolve(digest.hex());
    }

    Download download(Path place) {
      return new Download(body(place), digest, size, time());
    }

    private Instant time() {
      if (modified.isEmpty()) {
        return Instant.EPOCH;
      }
      try {
        return ZonedDateTime.parse(modified, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      } catch (DateTimeException e) {
        return Instant.EPOCH;
      }
    }
  }

  /** The JDK's client gives no words to a host that is not found. */
  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? "the host is not found or does not answer" : message;
  }
}
