package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.BlobContent;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sends one blob (distribution-spec "Pushing Blobs").
 *
 * <p>A small blob goes in one PUT. A large one goes in one PATCH that streams all of it, and a PUT
 * that ends it: one request on a good line, and on a bad one the registry can be asked how much it
 * kept, and gets the rest. A registry that keeps nothing of a broken request, or a proxy that takes
 * no large body, gets chunks of {@link #CHUNK} bytes from then on. A session that is gone is begun
 * anew. So a drop costs what was under way, not the blob.
 */
final class BlobUpload {
  static final long SMALL = 1L << 20;
  static final long CHUNK = 8L << 20;
  private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");

  private final RegistryHttp http;
  private final Retries retries;
  private final RegistryOptions options;
  private final RepositoryName repository;
  private final Descriptor blob;
  private final BlobContent content;
  private final Optional<RepositoryName> mountFrom;
  private final Action action;
  private final Scope scope;

  /** Where the upload goes on; null while there is no session. */
  private @Nullable URI location;

  /** What the registry is known to have. */
  private long confirmed;

  /** The most that was ever confirmed, over all sessions. */
  private long furthest;

  /** Whether the last request broke, so that the registry must be asked how much it has. */
  private boolean unsure;

  private long chunk = Long.MAX_VALUE;
  private long sentInVain;
  private boolean restartedForDigest;

  BlobUpload(
      RegistryHttp http,
      Retries retries,
      RegistryOptions options,
      RepositoryName repository,
      Descriptor blob,
      BlobContent content,
      Optional<RepositoryName> mountFrom) {
    this.http = http;
    this.retries = retries;
    this.options = options;
    this.repository = repository;
    this.blob = blob;
    this.content = content;
    this.mountFrom = mountFrom;
    action = Action.of("push", "blob " + blob.digest(), repository);
    scope = Scope.push(repository, mountFrom);
  }

  Registry.Push run() {
    return retries.run(
        "PUT",
        action,
        new Retries.Attempt<Registry.Push>() {
          @Override
          public Registry.Push run() throws IOException {
            return attempt();
          }

          @Override
          public long progress() {
            return furthest;
          }
        });
  }

  private Registry.Push attempt() throws IOException {
    try {
      if (location != null && unsure) {
        if (!askForOffset()) {
          location = null;
          // The PUT may have ended well, and only its answer was lost.
          if (exists()) {
            return Registry.Push.UPLOADED;
          }
        }
      }
      if (location == null) {
        if (start()) {
          return Registry.Push.MOUNTED;
        }
      }
      unsure = true;
      send();
      return Registry.Push.UPLOADED;
    } catch (RegistryFailure e) {
      throw recoverable(e);
    }
  }

  /** An answer that only means that the session, not the upload, is lost is worth another try. */
  private IOException recoverable(RegistryFailure e) {
    boolean sessionLost =
        location != null
            && (e.status() == 404
                || e.status() == 416
                || e.code().filter("BLOB_UPLOAD_UNKNOWN"::equals).isPresent()
                || e.code().filter("BLOB_UPLOAD_INVALID"::equals).isPresent());
    if (sessionLost) {
      if (e.status() != 416) {
        location = null;
      }
      return new TransientFailure(e, null);
    }
    if (e.status() == 413 && location != null && Math.min(chunk, blob.size()) > CHUNK / 8) {
      chunk = chunk > CHUNK ? CHUNK : CHUNK / 8;
      return new TransientFailure(e, null);
    }
    if (e.code().filter("DIGEST_INVALID"::equals).isPresent()) {
      verifyContent();
      if (!restartedForDigest) {
        restartedForDigest = true;
        location = null;
        return new TransientFailure(e, null);
      }
    }
    throw e;
  }

  /** Tells our own broken bytes from bytes that broke on the way. */
  private void verifyContent() {
    Digest.Hasher hasher = blob.digest().verifier();
    byte[] buffer = new byte[64 * 1024];
    try (InputStream in = content.open(0)) {
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        hasher.update(buffer, 0, got);
      }
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          action + ": the content cannot be read: " + e.getMessage(),
          e);
    }
    Digest actual = hasher.digest();
    if (!actual.equals(blob.digest())) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT,
          "blob " + blob.digest() + " is damaged in the store: it hashes to " + actual,
          "run \"jbuild fsck\"",
          null);
    }
  }

  private boolean exists() throws IOException {
    RegistryHttp.Ask ask =
        http.ask(
                "HEAD",
                action,
                scope,
                new RegistryHttp.Target.Path(
                    "/v2/" + repository.path() + "/blobs/" + blob.digest()))
            .accepting(200, 404);
    try (Reply reply = http.send(ask)) {
      return reply.status() == 200;
    }
  }

  /**
   * Begins a session.
   *
   * @return whether the blob was mounted, and nothing is left to do
   */
  private boolean start() throws IOException {
    String query =
        mountFrom.map(from -> "?mount=" + blob.digest() + "&from=" + from.path()).orElse("");
    RegistryHttp.Ask ask =
        http.ask(
                "POST",
                action,
                scope,
                new RegistryHttp.Target.Path(
                    "/v2/" + repository.path() + "/blobs/uploads/" + query))
            .accepting(201, 202);
    try (Reply reply = http.send(ask)) {
      if (reply.status() == 201) {
        return true;
      }
      location = reply.location().orElseThrow(() -> forgot(reply));
      confirmed = 0;
      unsure = false;
      return false;
    }
  }

  private IOException forgot(Reply reply) {
    return new TransientFailure(
        new RegistryFailure(
            BuildFailure.Kind.UNSUPPORTED,
            "POST",
            repository.host(),
            reply.status(),
            null,
            action
                + ": the registry begins an upload without saying where it goes on (no Location)",
            null,
            null),
        null);
  }

  /**
   * Asks how much of the upload the registry has.
   *
   * @return false if it knows nothing of it
   */
  private boolean askForOffset() throws IOException {
    URI at = location;
    if (at == null) {
      return false;
    }
    RegistryHttp.Ask ask =
        http.ask("GET", action, scope, new RegistryHttp.Target.Location(at))
            .accepting(200, 202, 204, 400, 404, 405);
    try (Reply reply = http.send(ask)) {
      Optional<Long> kept = kept(reply);
      if (reply.status() >= 400 || kept.isEmpty()) {
        return false;
      }
      location = reply.location().orElse(at);
      if (kept.get() <= confirmed && sentInVain > CHUNK) {
        chunk = Math.min(chunk, CHUNK);
      }
      confirmed = Math.min(kept.get(), blob.size());
      furthest = Math.max(furthest, confirmed);
      unsure = false;
      return true;
    }
  }

  /** {@code Range: 0-N}, inclusive; {@code 0-0} is what registries say of nothing. */
  private static Optional<Long> kept(Reply reply) {
    Matcher range = RANGE.matcher(reply.header("Range").orElse(""));
    if (!range.matches()) {
      return Optional.empty();
    }
    long last = Long.parseLong(range.group(1));
    return Optional.of(last == 0 ? 0 : last + 1);
  }

  private void send() throws IOException {
    if (blob.size() - confirmed <= Math.min(SMALL, chunk) && confirmed == 0) {
      finish(new Outgoing(content, 0, blob.size(), "application/octet-stream"));
      return;
    }
    while (confirmed < blob.size()) {
      patch();
    }
    finish(null);
  }

  private void patch() throws IOException {
    URI at = location;
    if (at == null) {
      throw new IllegalStateException("no upload session");
    }
    long from = confirmed;
    long length = Math.min(chunk, blob.size() - from);
    Outgoing body = new Outgoing(content, from, length, "application/octet-stream");
    RegistryHttp.Ask ask =
        http.ask("PATCH", action, scope, new RegistryHttp.Target.Location(at))
            .withBody(body)
            .withResponseTimeout(options.timeouts().commit())
            .accepting(201, 202, 204);
    if (from > 0 || length < blob.size()) {
      // Without it the body is the whole blob, as Docker sends it, which every registry takes.
      ask = ask.withHeader("Content-Range", from + "-" + (from + length - 1));
    }
    try (Reply reply = http.send(ask)) {
      location = reply.location().orElse(at);
      // Registries differ in what they say here; the digest in the PUT is what decides.
      long now =
          kept(reply).filter(end -> end > from && end <= from + length).orElse(from + length);
      confirmed = now;
      furthest = Math.max(furthest, now);
      sentInVain = 0;
    } catch (IOException e) {
      sentInVain = body.sent();
      throw e;
    }
  }

  private void finish(@Nullable Outgoing body) throws IOException {
    URI at = location;
    if (at == null) {
      throw new IllegalStateException("no upload session");
    }
    String text = at.toString();
    URI end = URI.create(text + (at.getRawQuery() == null ? "?" : "&") + "digest=" + blob.digest());
    RegistryHttp.Ask ask =
        http.ask("PUT", action, scope, new RegistryHttp.Target.Location(end))
            .withResponseTimeout(options.timeouts().commit())
            .accepting(200, 201, 202, 204);
    if (body != null) {
      ask = ask.withBody(body);
    }
    try (Reply reply = http.send(ask)) {
      Optional<Digest> stored = reply.header("Docker-Content-Digest").flatMap(Digest::tryParse);
      if (stored.isPresent() && !stored.get().equals(blob.digest())) {
        throw new RegistryFailure(
            BuildFailure.Kind.CORRUPT,
            "PUT",
            repository.host(),
            reply.status(),
            null,
            action + ": the registry stored it as " + stored.get(),
            null,
            null);
      }
    }
    furthest = blob.size();
  }
}
