package dev.jbuild.registry.wire;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The distribution protocol over the JDK's HTTP client. */
public final class HttpTransport implements Registry {
  private final RegistryOptions options;
  private final Retries retries;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable RegistryHttp http;

  /** Opens no connection and loads no HTTP class. */
  public HttpTransport(RegistryOptions options) {
    this.options = options;
    retries = new Retries(options, RandomGenerator.getDefault());
  }

  private RegistryHttp http() {
    lock.lock();
    try {
      RegistryHttp made = http;
      if (made == null) {
        made = new RegistryHttp(options, options.credentials(), Clock.systemUTC());
        http = made;
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  private static RegistryHttp.Target path(RepositoryName repository, String rest) {
    return new RegistryHttp.Target.Path("/v2/" + repository.path() + rest);
  }

  @Override
  public Descriptor resolve(RepositoryName repository, Reference reference) {
    Action action = Action.of("resolve", "manifest " + reference, repository);
    RegistryHttp.Ask ask =
        http()
            .ask(
                "HEAD", action, Scope.pull(repository), path(repository, "/manifests/" + reference))
            .withHeader("Accept", String.join(", ", ManifestBytes.ACCEPT))
            // What refuses HEAD, and what answers it with 404 though GET would not, is asked by
            // GET.
            .accepting(200, 400, 404, 405, 406, 501);
    Optional<Descriptor> known;
    try {
      known =
          retries.run(
              "HEAD",
              action,
              () -> {
                try (Reply reply = http().send(ask)) {
                  return described(reply, reference);
                }
              });
    } catch (RegistryFailure e) {
      if (e.status() != 401 && e.status() != 403 && e.status() != 429) {
        throw e;
      }
      // The answer to a HEAD has no body, so only a GET brings the registry's reason.
      known = Optional.empty();
    }
    return known.orElseGet(() -> manifest(repository, reference).descriptor());
  }

  /** A descriptor from the head of an answer, if everything it needs is there. */
  private static Optional<Descriptor> described(Reply reply, Reference reference) {
    Optional<Digest> digest = reply.header("Docker-Content-Digest").flatMap(Digest::tryParse);
    MediaType type = new MediaType(reply.header("Content-Type").orElse(""));
    OptionalLong length = reply.length();
    boolean known = type.isIndex() || type.isManifest();
    if (reply.status() != 200 || digest.isEmpty() || length.isEmpty() || !known) {
      return Optional.empty();
    }
    if (length.getAsLong() <= 0 || length.getAsLong() > MANIFEST_LIMIT) {
      return Optional.empty();
    }
    if (reference instanceof Reference.ByDigest(Digest wanted) && !wanted.equals(digest.get())) {
      return Optional.empty();
    }
    return Optional.of(Descriptor.of(type, digest.get(), length.getAsLong()));
  }

  @Override
  public RawManifest manifest(RepositoryName repository, Reference reference) {
    Action action = Action.of("pull", "manifest " + reference, repository);
    RegistryHttp.Ask ask =
        http()
            .ask("GET", action, Scope.pull(repository), path(repository, "/manifests/" + reference))
            .withHeader("Accept", String.join(", ", ManifestBytes.ACCEPT));
    return retries.run(
        "GET",
        action,
        () -> {
          try (Reply reply = http().send(ask)) {
            byte[] bytes = ManifestBytes.read(reply.body(), action);
            return ManifestBytes.of(bytes, reference, reply.header("Content-Type"), action);
          }
        });
  }

  @Override
  public void fetchBlob(RepositoryName repository, Descriptor blob, BlobSink sink) {
    new BlobFetch(http(), retries, repository, blob, sink).run();
  }

  @Override
  public boolean hasBlob(RepositoryName repository, Descriptor blob) {
    return hasBlob(repository, blob, Scope.pull(repository));
  }

  private boolean hasBlob(RepositoryName repository, Descriptor blob, Scope scope) {
    Action action = Action.of("look for", "blob " + blob.digest(), repository);
    RegistryHttp.Ask ask =
        http()
            .ask("HEAD", action, scope, path(repository, "/blobs/" + blob.digest()))
            .accepting(200, 404);
    return retries.run(
        "HEAD",
        action,
        () -> {
          try (Reply reply = http().send(ask)) {
            OptionalLong length = reply.length();
            // Another size under this digest is no blob of ours; an upload settles it.
            return reply.status() == 200 && (length.isEmpty() || length.getAsLong() == blob.size());
          }
        });
  }

  @Override
  public Push pushBlob(
      RepositoryName repository,
      Descriptor blob,
      BlobContent content,
      Optional<RepositoryName> mountFrom) {
    Optional<RepositoryName> from =
        mountFrom.filter(
            other -> other.host().equals(repository.host()) && !other.equals(repository));
    try {
      if (hasBlob(repository, blob, Scope.push(repository, from))) {
        return Push.EXISTED;
      }
    } catch (RegistryFailure e) {
      // Who may only push is refused the question; and the answer to a HEAD has no body, so if the
      // upload is refused too, that brings the registry's reason.
      if (e.status() != 401 && e.status() != 403) {
        throw e;
      }
    }
    return new BlobUpload(http(), retries, options, repository, blob, content, from).run();
  }

  @Override
  public boolean mountBlob(RepositoryName repository, Descriptor blob, RepositoryName from) {
    if (!from.host().equals(repository.host())) {
      return false;
    }
    Action action = Action.of("mount", "blob " + blob.digest(), repository);
    Scope scope = Scope.mount(repository, from);
    RegistryHttp.Ask ask =
        http()
            .ask(
                "POST",
                action,
                scope,
                path(repository, "/blobs/uploads/?mount=" + blob.digest() + "&from=" + from.path()))
            .accepting(201, 202);
    Mount mount =
        retries.run(
            "POST",
            action,
            () -> {
              try (Reply reply = http().send(ask)) {
                return new Mount(reply.status() == 201, reply.location());
              }
            });
    if (!mount.done()) {
      mount.session().ifPresent(location -> abandon(action, scope, location));
    }
    return mount.done();
  }

  /** The answer to a mount: a registry that does not mount begins an upload instead. */
  private record Mount(boolean done, Optional<URI> session) {}

  /** Takes back an upload that nobody will end; a registry that keeps it loses only some room. */
  private void abandon(Action action, Scope scope, URI location) {
    RegistryHttp.Ask ask =
        http().ask("DELETE", action, scope, new RegistryHttp.Target.Location(location));
    try (Reply reply = http().send(ask.accepting(200, 202, 204, 400, 401, 403, 404, 405))) {
      reply.body().close();
    } catch (IOException | RegistryFailure e) {
      // It goes away by itself in time.
      return;
    }
  }

  @Override
  public PushedManifest pushManifest(
      RepositoryName repository, Reference reference, MediaType mediaType, byte[] bytes) {
    Action action = Action.of("push", "manifest " + reference, repository);
    Digest digest = Digest.of(bytes);
    RegistryHttp.Ask ask =
        http()
            .ask("PUT", action, Scope.push(repository), path(repository, "/manifests/" + reference))
            .withResponseTimeout(options.timeouts().commit())
            .accepting(200, 201, 202);
    return retries.run(
        "PUT",
        action,
        () -> {
          try (Reply reply = http().send(ask.withBody(Outgoing.of(bytes, mediaType.value())))) {
            Optional<Digest> stored =
                reply.header("Docker-Content-Digest").flatMap(Digest::tryParse);
            if (stored.isPresent()
                && stored.get().algorithm().equals(digest.algorithm())
                && !stored.get().equals(digest)) {
              throw ManifestBytes.corrupt(
                  action, "sent " + digest + ", the registry stored " + stored.get());
            }
            return new PushedManifest(digest, reply.header("OCI-Subject").isPresent());
          }
        });
  }

  @Override
  public Optional<List<Descriptor>> referrers(
      RepositoryName repository, Digest subject, Optional<String> artifactType) {
    ReferrersQuery query = new ReferrersQuery(subject, artifactType);
    Action action = Action.of("list", "referrers of " + subject, repository);
    RegistryHttp.Target target = path(repository, query.path());
    List<Descriptor> found = new ArrayList<>();
    for (int page = 0; page < Pages.MOST; page++) {
      RegistryHttp.Ask ask =
          http()
              .ask("GET", action, Scope.pull(repository), target)
              .withHeader("Accept", MediaType.OCI_INDEX.value())
              .accepting(200, 400, 404, 405, 501);
      Optional<Page> answer = retries.run("GET", action, () -> page(ask, action));
      if (answer.isEmpty()) {
        return page == 0 ? Optional.empty() : Optional.of(List.copyOf(found));
      }
      JsonNode manifests = answer.get().json().path("manifests");
      if (!manifests.isArray()) {
        // A page that is no index comes from something that is not the referrers API.
        return Optional.empty();
      }
      manifests.forEach(node -> found.add(Descriptor.parse(node, action.toString())));
      if (answer.get().next() == null) {
        break;
      }
      target = new RegistryHttp.Target.Location(answer.get().next());
    }
    return Optional.of(query.among(found));
  }

  /** One page of a list and where the next one is. */
  private record Page(JsonNode json, @Nullable URI next) {}

  private Optional<Page> page(RegistryHttp.Ask ask, Action action) throws IOException {
    try (Reply reply = http().send(ask)) {
      if (reply.status() != 200) {
        return Optional.empty();
      }
      byte[] bytes = Pages.read(reply.body(), action);
      URI next =
          Pages.next(reply.headers().allValues("Link"))
              .map(link -> Onward.resolve(reply.uri(), link))
              .orElse(null);
      return Optional.of(new Page(Json.parseObject(bytes, action.toString()), next));
    } catch (IllegalArgumentException e) {
      throw ManifestBytes.corrupt(action, "the link to the next page is no URL");
    }
  }

  @Override
  public List<String> tags(RepositoryName repository) {
    Action action = Action.of("list", "tags", repository);
    RegistryHttp.Target target = path(repository, "/tags/list?n=1000");
    List<String> tags = new ArrayList<>();
    for (int page = 0; page < Pages.MOST; page++) {
      RegistryHttp.Ask ask = http().ask("GET", action, Scope.pull(repository), target);
      Optional<Page> answer = retries.run("GET", action, () -> page(ask, action));
      if (answer.isEmpty()) {
        break;
      }
      answer.get().json().path("tags").forEach(tag -> tags.add(tag.asText()));
      if (answer.get().next() == null) {
        break;
      }
      target = new RegistryHttp.Target.Location(answer.get().next());
    }
    return List.copyOf(tags);
  }

  @Override
  public void probePush(RepositoryName repository) {
    Action action = Action.of("check", "push permission", repository);
    Scope scope = Scope.push(repository);
    RegistryHttp.Ask ask =
        http().ask("POST", action, scope, path(repository, "/blobs/uploads/")).accepting(202);
    Optional<URI> session =
        retries.run(
            "POST",
            action,
            () -> {
              try (Reply reply = http().send(ask)) {
                return reply.location();
              }
            });
    session.ifPresent(location -> abandon(action, scope, location));
  }

  @Override
  public void checkLogin(String host, Credential credential) {
    Action action = Action.ofHost("log in", "to", host);
    CredentialStore only = CredentialStore.fixed(host, credential, CredentialStore.anonymous());
    // A client of its own: what this credential opens must not serve anything else.
    try (RegistryHttp own = new RegistryHttp(options, only, Clock.systemUTC())) {
      RegistryHttp.Ask ask =
          own.ask("GET", action, Scope.none(), new RegistryHttp.Target.Path("/v2/"));
      retries.run(
          "GET",
          action,
          () -> {
            try (Reply reply = own.send(ask)) {
              return reply.status();
            }
          });
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
