package dev.jbuild.registry.wire;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.cloud.tools.jib.api.DescriptorDigest;
import com.google.cloud.tools.jib.blob.Blob;
import com.google.cloud.tools.jib.blob.Blobs;
import com.google.cloud.tools.jib.image.json.ManifestTemplate;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.BlobContent;
import dev.jbuild.registry.BlobSink;
import dev.jbuild.registry.RawManifest;
import dev.jbuild.registry.Reference;
import dev.jbuild.registry.ReferrersQuery;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The distribution protocol through Jib core: its client moves blobs and puts manifests; manifests
 * are read through its HTTP layer, since its client parses what it reads and would lose bytes.
 *
 * <p>What Jib cannot do: one connection serves one request; a pull that broke begins anew (what the
 * sink has is skipped) and so does a push; mounts are tried only as part of a push; SHA-256 only.
 */
public final class JibTransport implements Registry {
  /** What an upload that is begun anew may get past. */
  private static final Set<String> BEGIN_ANEW =
      Set.of("BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "DIGEST_INVALID");

  private final RegistryOptions options;
  private final Retries retries;
  private final ReentrantLock lock = new ReentrantLock();
  private final JibClients clients = new JibClients(this::http);
  private @Nullable JibHttp http;

  /** Opens no connection and loads no class of Jib. */
  public JibTransport(RegistryOptions options) {
    this.options = options;
    retries = new Retries(options, RandomGenerator.getDefault());
  }

  private JibHttp http() {
    lock.lock();
    try {
      JibHttp made = http;
      if (made == null) {
        made = new JibHttp(options, options.credentials());
        http = made;
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Descriptor resolve(RepositoryName repository, Reference reference) {
    return manifest(repository, reference).descriptor();
  }

  @Override
  public RawManifest manifest(RepositoryName repository, Reference reference) {
    Action action = Action.of("pull", "manifest " + reference, repository);
    return retries.run(
        "GET",
        action,
        () -> {
          try (JibHttp.Answer answer =
              http()
                  .call(
                      "GET",
                      action,
                      Scope.pull(repository),
                      path(repository, "/manifests/" + reference),
                      ManifestBytes.ACCEPT)) {
            byte[] bytes = ManifestBytes.read(answer.body(), action);
            return ManifestBytes.of(bytes, reference, answer.header("Content-Type"), action);
          }
        });
  }

  private static String path(RepositoryName repository, String rest) {
    return "/v2/" + repository.path() + rest;
  }

  @Override
  public void fetchBlob(RepositoryName repository, Descriptor blob, BlobSink sink) {
    Action action = Action.of("pull", "blob " + blob.digest(), repository);
    DescriptorDigest digest = digest(blob.digest());
    if (blob.size() == sink.position()) {
      return;
    }
    retries.run(
        "GET",
        action,
        new Retries.Attempt<Boolean>() {
          @Override
          public Boolean run() throws IOException {
            BoundedSink bounded =
                new BoundedSink(blob, sink, options.timeouts(), action, http()::breakOff);
            clients.call(
                "GET",
                repository,
                action,
                false,
                client -> {
                  try {
                    client.pullBlob(digest, size -> {}, moved -> {}).writeTo(bounded);
                  } catch (IOException e) {
                    // With all bytes there it is Jib's check of their digest that failed, and
                    // what they hash to is for the sink's owner to say.
                    if (sink.position() < blob.size()) {
                      throw e;
                    }
                  }
                  return true;
                });
            bounded.end();
            return true;
          }

          @Override
          public long progress() {
            return sink.position();
          }
        });
  }

  @Override
  public boolean hasBlob(RepositoryName repository, Descriptor blob) {
    Action action = Action.of("look for", "blob " + blob.digest(), repository);
    DescriptorDigest digest = digest(blob.digest());
    return retries.run(
        "HEAD",
        action,
        () ->
            clients.call(
                "HEAD",
                repository,
                action,
                false,
                client ->
                    client
                        .checkBlob(digest)
                        .filter(found -> found.getSize() == blob.size())
                        .isPresent()));
  }

  @Override
  public Push pushBlob(
      RepositoryName repository,
      Descriptor blob,
      BlobContent content,
      Optional<RepositoryName> mountFrom) {
    Action action = Action.of("push", "blob " + blob.digest(), repository);
    DescriptorDigest digest = digest(blob.digest());
    String from =
        mountFrom
            .filter(other -> other.host().equals(repository.host()) && !other.equals(repository))
            .map(RepositoryName::path)
            .orElse(null);
    return retries.run(
        "PUT",
        action,
        () -> {
          try {
            return push(repository, content, action, digest, from);
          } catch (RegistryFailure e) {
            if (e.code().filter(BEGIN_ANEW::contains).isPresent()) {
              throw new TransientFailure(e, null);
            }
            throw e;
          }
        });
  }

  private Push push(
      RepositoryName repository,
      BlobContent content,
      Action action,
      DescriptorDigest digest,
      @Nullable String from)
      throws IOException {
    return clients.call(
        "PUT",
        repository,
        action,
        true,
        client -> {
          if (client.checkBlob(digest).isPresent()) {
            return Push.EXISTED;
          }
          // Not retried by Jib itself: we count attempts, and it would not start anew.
          Blob body = Blobs.from(out -> copy(content, out), false);
          return client.pushBlob(digest, body, from, sent -> {}) ? Push.MOUNTED : Push.UPLOADED;
        });
  }

  private static void copy(BlobContent content, OutputStream out) throws IOException {
    try (InputStream in = content.open(0)) {
      in.transferTo(out);
    }
  }

  /** Jib mounts only while it pushes, and would send the bytes if the registry does not. */
  @Override
  public boolean mountBlob(RepositoryName repository, Descriptor blob, RepositoryName from) {
    return false;
  }

  /** A document that Jib writes exactly as it is. */
  private record RawDocument(String json, String mediaType) implements ManifestTemplate {
    @JsonValue
    @JsonRawValue
    @Override
    public String json() {
      return json;
    }

    @Override
    public int getSchemaVersion() {
      return 2;
    }

    @Override
    public String getManifestMediaType() {
      return mediaType;
    }
  }

  @Override
  public PushedManifest pushManifest(
      RepositoryName repository, Reference reference, MediaType mediaType, byte[] bytes) {
    Action action = Action.of("push", "manifest " + reference, repository);
    String text = new String(bytes, StandardCharsets.UTF_8);
    Digest digest = Digest.of(bytes);
    if (!Digest.of(text.getBytes(StandardCharsets.UTF_8)).equals(digest)) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, action + ": it is not UTF-8, which Jib cannot push");
    }
    RawDocument document = new RawDocument(text, mediaType.value());
    return retries.run(
        "PUT",
        action,
        () -> {
          clients.call(
              "PUT",
              repository,
              action,
              true,
              client -> client.pushManifest(document, reference.toString()));
          // Jib does not show the answer's headers, so nobody knows whether the subject is listed.
          return new PushedManifest(digest, false);
        });
  }

  @Override
  public Optional<List<Descriptor>> referrers(
      RepositoryName repository, Digest subject, Optional<String> artifactType) {
    ReferrersQuery query = new ReferrersQuery(subject, artifactType);
    Action action = Action.of("list", "referrers of " + subject, repository);
    try {
      List<Descriptor> found = new ArrayList<>();
      for (JsonNode page : pages(repository, action, query.path())) {
        page.path("manifests")
            .forEach(node -> found.add(Descriptor.parse(node, action.toString())));
      }
      return Optional.of(query.among(found));
    } catch (BuildFailure e) {
      if (e.kind() == BuildFailure.Kind.NOT_FOUND || e.kind() == BuildFailure.Kind.UNSUPPORTED) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public List<String> tags(RepositoryName repository) {
    Action action = Action.of("list", "tags", repository);
    List<String> tags = new ArrayList<>();
    for (JsonNode page : pages(repository, action, "/tags/list?n=1000")) {
      page.path("tags").forEach(tag -> tags.add(tag.asText()));
    }
    return List.copyOf(tags);
  }

  private List<JsonNode> pages(RepositoryName repository, Action action, String rest) {
    List<JsonNode> pages = new ArrayList<>();
    Optional<String> next = Optional.of(path(repository, rest));
    while (next.isPresent() && pages.size() < Pages.MOST) {
      String at = next.get();
      next =
          retries.run(
              "GET",
              action,
              () -> {
                try (JibHttp.Answer answer =
                    http()
                        .call(
                            "GET",
                            action,
                            Scope.pull(repository),
                            at,
                            List.of("application/json", "*/*"))) {
                  pages.add(Json.parseObject(Pages.read(answer.body(), action), action.toString()));
                  return Pages.next(answer.headers("Link"))
                      .map(link -> Pages.pathOf(Onward.resolve(answer.uri(), link)));
                }
              });
    }
    return pages;
  }

  @Override
  public void probePush(RepositoryName repository) {
    Action action = Action.of("check", "push permission", repository);
    Scope scope = Scope.push(repository);
    Optional<String> session =
        retries.run(
            "POST",
            action,
            () -> {
              try (JibHttp.Answer answer =
                  http()
                      .call(
                          "POST", action, scope, path(repository, "/blobs/uploads/"), List.of())) {
                return answer
                    .header("Location")
                    .map(link -> Pages.pathOf(Onward.resolve(answer.uri(), link)));
              }
            });
    session.ifPresent(at -> http().abandon(action, scope, at));
  }

  @Override
  public void checkLogin(String host, Credential credential) {
    Action action = Action.ofHost("log in", "to", host);
    CredentialStore only = CredentialStore.fixed(host, credential, CredentialStore.anonymous());
    try (JibHttp own = new JibHttp(options, only)) {
      retries.run(
          "GET",
          action,
          () -> {
            try (JibHttp.Answer answer = own.call("GET", action, Scope.none(), "/v2/", List.of())) {
              return answer.status();
            }
          });
    }
  }

  private static DescriptorDigest digest(Digest digest) {
    try {
      return DescriptorDigest.fromDigest(digest.toString());
    } catch (DigestException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, "Jib cannot handle the digest " + digest, e);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (http != null) {
        http.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
