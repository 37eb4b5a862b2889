package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.Challenge;
import dev.jbuild.registry.auth.CredentialStore;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Requests to registries: with the host's scheme, with credentials, after redirects, and with every
 * answer that is not wanted turned into a failure. Repeats a request only to authenticate; {@link
 * Retries} does the rest.
 *
 * <p>Credentials go to the registry itself, and to the token server that it names, and nowhere
 * else: a redirect or an upload location on another host, scheme or port gets none.
 */
final class RegistryHttp implements AutoCloseable {
  private static final int REDIRECTS = 10;

  /**
   * A request, before it is known how its host is reached.
   *
   * @param target a path on the registry, or a whole URI that it handed out
   * @param accepted the answers that are not failures
   */
  record Ask(
      String method,
      Action action,
      Scope scope,
      Target target,
      Map<String, String> headers,
      @Nullable Outgoing body,
      Duration responseTimeout,
      List<Integer> accepted) {
    Ask accepting(Integer... statuses) {
      return new Ask(
          method, action, scope, target, headers, body, responseTimeout, List.of(statuses));
    }

    Ask withHeader(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Ask(method, action, scope, target, more, body, responseTimeout, accepted);
    }

    Ask withBody(Outgoing outgoing) {
      return new Ask(method, action, scope, target, headers, outgoing, responseTimeout, accepted);
    }

    Ask withResponseTimeout(Duration timeout) {
      return new Ask(method, action, scope, target, headers, body, timeout, accepted);
    }
  }

  /** Where a request goes. */
  sealed interface Target {
    record Path(String path) implements Target {}

    record Location(URI uri) implements Target {}
  }

  private final RegistryOptions options;
  private final HttpWire wire;
  private final HostAccess hosts;
  private final CredentialLookups credentials;
  private final Authorizer authorizer;
  private final Clock clock;

  RegistryHttp(RegistryOptions options, CredentialStore credentials, Clock clock) {
    this.options = options;
    this.clock = clock;
    wire = new HttpWire(options);
    hosts = new HostAccess(options, wire);
    this.credentials = new CredentialLookups(credentials);
    HttpTokenServer tokens = new HttpTokenServer(options, wire, this.credentials, clock);
    authorizer = new Authorizer(options, this.credentials, tokens, clock);
  }

  Ask ask(String method, Action action, Scope scope, Target target) {
    return new Ask(
        method, action, scope, target, Map.of(), null, options.timeouts().response(), List.of(200));
  }

  /**
   * Sends the request; the answer has one of the accepted statuses. The caller closes it.
   *
   * @throws TransientFailure for an answer that may change
   * @throws RegistryFailure for one that will not
   */
  Reply send(Ask ask) throws IOException {
    HostAccess.Base base = hosts.base(ask.action().host());
    URI uri =
        switch (ask.target()) {
          case Target.Path(String path) -> base.uri(path);
          case Target.Location(URI location) -> Onward.upload(base, location, options::isInsecure);
        };
    Outgoing body = ask.body();
    @Nullable String refused = null;
    boolean challenged = false;
    int redirects = 0;
    while (true) {
      String authorization = null;
      if (base.isOrigin(uri)) {
        authorization =
            authorizer.header(ask.action().host(), ask.scope(), base.isEncrypted()).orElse(null);
      }
      Reply reply = once(ask, uri, base, authorization, body);
      boolean keep = false;
      try {
        int status = reply.status();
        if (ask.accepted().contains(status)) {
          keep = true;
          return reply;
        }
        if (status == 401 && base.isOrigin(uri) && !challenged) {
          List<Challenge> offered = Challenge.parse(reply.headers().allValues("WWW-Authenticate"));
          refused = authorization;
          if (authorizer.challenged(
              ask.action().host(), ask.scope(), offered, refused, base.isEncrypted())) {
            challenged = true;
            body = body == null ? null : body.again();
            continue;
          }
          throw failure(ask, reply, uri, base);
        }
        if (isRedirect(status) && reply.header("Location").isPresent()) {
          if (++redirects > REDIRECTS) {
            throw new Retries.HopelessException("more than " + REDIRECTS + " redirects");
          }
          uri = Onward.redirect(uri, reply.header("Location").get(), options::isInsecure);
          body = body == null ? null : body.again();
          continue;
        }
        RegistryFailure failure = failure(ask, reply, uri, base);
        if (Refusal.isTransient(status)) {
          throw new TransientFailure(
              failure, ErrorAnswer.retryAfter(reply.header("Retry-After"), clock).orElse(null));
        }
        throw failure;
      } finally {
        if (!keep) {
          reply.close();
        }
      }
    }
  }

  private Reply once(
      Ask ask,
      URI uri,
      HostAccess.Base base,
      @Nullable String authorization,
      @Nullable Outgoing body)
      throws IOException {
    Map<String, String> headers = new LinkedHashMap<>(ask.headers());
    if (authorization != null) {
      headers.put("Authorization", authorization);
    }
    boolean trustAnybody =
        base.isOrigin(uri) ? base.trustAnybody() : options.isInsecure(uri.getRawAuthority());
    Semaphore room = hosts.connections(uri.getRawAuthority().toLowerCase(Locale.ROOT));
    try {
      room.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
    boolean handedOver = false;
    try {
      HttpResponse<BodyStream> answer =
          wire.send(
              new HttpWire.Call(
                  ask.method(),
                  uri,
                  headers,
                  body,
                  ask.responseTimeout(),
                  wire.security(uri, trustAnybody)));
      handedOver = true;
      return new Reply(answer.statusCode(), uri, answer.headers(), answer.body(), room);
    } catch (IOException e) {
      IOException local = body == null ? null : body.localFailure();
      if (local != null) {
        throw new BuildFailure(
            BuildFailure.Kind.UNAVAILABLE,
            ask.action() + ": the content cannot be read: " + local.getMessage(),
            local);
      }
      throw e;
    } finally {
      if (!handedOver) {
        room.release();
      }
    }
  }

  private static boolean isRedirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  /** The failure for an answer nobody wanted; reads its body. */
  private RegistryFailure failure(Ask ask, Reply reply, URI uri, HostAccess.Base base) {
    int status = reply.status();
    ErrorAnswer said =
        reply.status() == 401 || !ask.method().equals("HEAD")
            ? ErrorAnswer.read(reply.body(), reply.header("Content-Type"), secrets(ask, uri))
            : new ErrorAnswer(null, "");
    String host = ask.action().host();
    List<String> extra = new ArrayList<>();
    if (status == 429) {
      ErrorAnswer.retryAfter(reply.header("Retry-After"), clock)
          .ifPresent(wait -> extra.add("it asks to wait " + wait.toSeconds() + " s"));
      limits(reply).ifPresent(extra::add);
    }
    boolean own = base.isOrigin(uri);
    return Refusal.of(
        ask.method(),
        ask.action(),
        ask.action() + ": " + ask.method() + " " + bare(uri),
        status,
        said,
        own
            ? credentials.account(host, ask.scope().path())
            : new CredentialLookups.Account(
                host + " sent us there; credentials go to itself only", true, false),
        extra,
        null);
  }

  /** What an answer may quote of the request and nobody is shown: credentials, signed queries. */
  private List<String> secrets(Ask ask, URI uri) {
    List<String> all = new ArrayList<>(authorizer.secrets(ask.action().host(), ask.scope()));
    String path = ask.target() instanceof Target.Path(String own) ? own : null;
    if (uri.getRawQuery() != null && (path == null || !uri.toString().endsWith(path))) {
      for (String query : List.of(uri.getRawQuery(), uri.getQuery())) {
        for (String parameter : query.split("&")) {
          // But what we added to it ourselves.
          if (!parameter.startsWith("digest=")) {
            all.add(parameter.substring(parameter.indexOf('=') + 1));
          }
        }
      }
    }
    return all;
  }

  /** Docker Hub's headers: {@code 100;w=21600}. */
  private static Optional<String> limits(Reply reply) {
    return reply
        .header("RateLimit-Limit")
        .map(limit -> {
          String[] parts = limit.split(";w=", 2);
          String window = parts.length < 2 ? "" : " in " + parts[1] + " s";
          String left = reply.header("RateLimit-Remaining").orElse("0").split(";", 2)[0];
          return "limit " + parts[0] + window + ", " + left + " left";
        });
  }

  /** Without query and user: either may hold a secret. */
  static String bare(URI uri) {
    String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
    return uri.getScheme()
        + "://"
        + authority.substring(authority.indexOf('@') + 1)
        + uri.getRawPath();
  }

  @Override
  public void close() {
    wire.close();
  }
}
