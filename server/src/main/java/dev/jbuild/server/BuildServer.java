package dev.jbuild.server;

import dev.jbuild.engine.BuildEngine;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiPredicate;

/**
 * A server that listens from {@link #start} until {@link #close}. It uses an engine and a store
 * that are its caller's to close, afterwards.
 */
public final class BuildServer implements AutoCloseable {
  /** A connection on which nothing moves is dropped; event streams have a heartbeat below this. */
  private static final int IDLE_SECONDS = 120;

  private static final long STOP_SECONDS = 10;

  private final ServerOptions options;
  private final Vertx vertx;
  private final HttpServer http;
  private final Router router;
  private final Builds builds;
  private final SpoolDirectory spool;
  private final Offload offload = new Offload();
  private final AtomicBoolean closed = new AtomicBoolean();

  private BuildServer(
      ServerOptions options,
      String version,
      BuildEngine engine,
      Store store,
      RegistryOptions registry,
      Access access) {
    this.options = options;
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    spool = SpoolDirectory.create(store.directory("server"));
    builds = new Builds(engine, options, spool.path(), Clock.systemUTC());
    router = Router.router(vertx);
    routes(version, store, registry, access);
    http = vertx.createHttpServer(httpOptions(options)).requestHandler(router);
  }

  /**
   * Starts a server and returns when it listens.
   *
   * @param version as {@code /version} shows it
   * @param registry how images are pushed and pulled without a build
   * @throws BuildFailure of kind {@code USER} when it would be open to strangers, {@code CONFLICT}
   *     or {@code UNAVAILABLE} when it cannot listen there
   */
  public static BuildServer start(
      ServerOptions options,
      String version,
      BuildEngine engine,
      Store store,
      RegistryOptions registry) {
    return start(options, version, engine, store, registry, new LocalPeer()::isOfABuild);
  }

  static BuildServer start(
      ServerOptions options,
      String version,
      BuildEngine engine,
      Store store,
      RegistryOptions registry,
      BiPredicate<InetSocketAddress, Integer> isOfABuild) {
    Access.check(options);
    Access access = new Access(options, isOfABuild);
    BuildServer server = new BuildServer(options, version, engine, store, registry, access);
    try {
      server.listen();
      return server;
    } catch (BuildFailure e) {
      server.close();
      throw e;
    }
  }

  /** The port it listens on; 0 for a Unix socket. */
  public int port() {
    return Math.max(0, http.actualPort());
  }

  /** Where it can be reached: {@code http://127.0.0.1:8372} or {@code unix:/path}. */
  public String url() {
    return switch (options.address()) {
      case ServerOptions.Address.Tcp tcp ->
          (options.tls() == null ? "http://" : "https://")
              + (tcp.host().contains(":") ? "[" + tcp.host() + "]" : tcp.host())
              + ":"
              + port();
      case ServerOptions.Address.Unix unix -> "unix:" + unix.path();
    };
  }

  private void routes(String version, Store store, RegistryOptions registry, Access access) {
    router.get("/healthz").handler(request -> Reply.text(request, "text/plain", "ok\n"));
    router.route().handler(request -> access.handle(request, offload));
    router.get("/openapi.yaml").handler(BuildServer::openApi);
    BuildIntake intake = new BuildIntake(builds, options, offload);
    new BuildRoutes(builds, intake, options, offload).addTo(router);
    new RegistryRoutes(store, offload).addTo(router);
    DockerBuildRoutes docker = new DockerBuildRoutes(intake, options, offload);
    ServedImages images = new ServedImages(store, builds);
    DockerTransfers transfers = new DockerTransfers(store, images, registry, offload);
    DockerImageRoutes dockerImages = new DockerImageRoutes(store, images, transfers, offload);
    new DockerRoutes(version, store, docker, dockerImages, offload).addTo(router);
    router.errorHandler(
        404,
        request ->
            Reply.failure(
                request,
                new BuildFailure(
                    BuildFailure.Kind.NOT_FOUND,
                    "there is no " + request.request().path(),
                    "builds are at /v1/builds, images at /v2/; /openapi.yaml describes both",
                    null)));
    router.errorHandler(
        405,
        request ->
            Reply.failure(
                request,
                405,
                new BuildFailure(
                    BuildFailure.Kind.UNSUPPORTED,
                    request.request().path() + " takes no " + request.request().method())));
    router.errorHandler(500, BuildServer::fault);
  }

  private static void notFound(RoutingContext request, String message) {
    Reply.failure(request, new BuildFailure(BuildFailure.Kind.NOT_FOUND, message));
  }

  private static void fault(RoutingContext request) {
    Reply.failure(
        request,
        new BuildFailure(BuildFailure.Kind.INTERNAL, "internal fault: " + request.failure()));
  }

  private static void openApi(RoutingContext request) {
    try (InputStream in = BuildServer.class.getResourceAsStream("openapi.yaml")) {
      if (in == null) {
        notFound(request, "this distribution has no openapi.yaml");
        return;
      }
      Reply.text(
          request, "application/yaml", new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Method and path of every route with a fixed path, for the test that compares the document. */
  Router router() {
    return router;
  }

  private static HttpServerOptions httpOptions(ServerOptions options) {
    HttpServerOptions http =
        new HttpServerOptions()
            // uploads, event streams and files: nothing here gains by multiplexing on plain TCP
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout(IDLE_SECONDS)
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            // build arguments stand in the query, logins for registries in a header
            .setMaxInitialLineLength(256 << 10)
            .setMaxHeaderSize(128 << 10);
    ServerOptions.Tls tls = options.tls();
    if (tls != null) {
      http.setSsl(true)
          .setKeyCertOptions(
              new PemKeyCertOptions()
                  .addCertPath(tls.certificate().toString())
                  .addKeyPath(tls.key().toString()));
    }
    return http;
  }

  private void listen() {
    switch (options.address()) {
      case ServerOptions.Address.Tcp tcp ->
          await(
              http.listen(SocketAddress.inetSocketAddress(tcp.port(), tcp.host())),
              tcp.host() + ":" + tcp.port());
      case ServerOptions.Address.Unix unix -> {
        UnixSocketFile.claim(unix.path());
        UnixSocketFile.bind(
            unix.path(),
            socket ->
                await(
                    http.listen(SocketAddress.domainSocketAddress(socket.toString())),
                    unix.path().toString()));
      }
    }
  }

  private static void await(Future<?> future, String where) {
    try {
      future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new BuildFailure(
          cause instanceof java.net.BindException
              ? BuildFailure.Kind.CONFLICT
              : BuildFailure.Kind.UNAVAILABLE,
          "cannot listen on " + where + ": " + cause.getMessage(),
          cause);
    } catch (TimeoutException e) {
      throw new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "cannot listen on " + where, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(BuildFailure.Kind.CANCELLED, "interrupted while it started", e);
    }
  }

  /** Cancels all builds, tells their followers, and stops. Idempotent. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    builds.close();
    try {
      http.close().toCompletionStage().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
      offload.close();
      vertx.close().toCompletionStage().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // it ends with the process
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    spool.close();
    if (options.address() instanceof ServerOptions.Address.Unix unix) {
      UnixSocketFile.remove(unix.path());
    }
  }
}
