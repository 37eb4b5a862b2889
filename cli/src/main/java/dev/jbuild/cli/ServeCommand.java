package dev.jbuild.cli;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.sandbox.Sandbox;
import dev.jbuild.sandbox.UsernsRemap;
import dev.jbuild.server.BuildServer;
import dev.jbuild.server.ServerOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jbuild serve}: until it is interrupted. */
@picocli.CommandLine.Command
final class ServeCommand extends Command {
  @Mixin IsolationFlags isolation = new IsolationFlags();
  @Mixin RegistryFlags registries = new RegistryFlags();
  @Mixin BoundFlags bounds = new BoundFlags();

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "where to listen; default 127.0.0.1:8372; port 0 takes a free one")
  @Nullable String listen;

  @Option(names = "--unix", paramLabel = "PATH", description = "listen on a Unix socket instead")
  @Nullable String unix;

  @Option(names = "--tls-cert", paramLabel = "FILE", description = "certificate chain (PEM)")
  @Nullable String certificate;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "its private key (PEM)")
  @Nullable String key;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "callers present the token in this file, as a bearer token or a password")
  @Nullable String tokenFile;

  @Option(
      names = "--no-auth",
      description = "let everybody in who reaches the address, even if it is not loopback")
  boolean noAuth;

  @Option(
      names = "--max-builds",
      paramLabel = "N",
      description = "builds at once; default one a processor")
  @Nullable String maxBuilds;

  @Option(
      names = "--keep-storage",
      paramLabel = "SIZE",
      description =
          "the store never takes more than this: the least recently used goes; default"
              + " $JBUILD_KEEP_STORAGE, else no limit")
  @Nullable String keepStorage;

  @Option(names = "--queue", paramLabel = "N", description = "builds that may wait; default 64")
  @Nullable String queue;

  @Override
  int run(Session session) throws IOException {
    ServerOptions options = options();
    session.keepStorage(keepStorage);
    isolation.apply(session, UsernsRemap.WHERE_POSSIBLE);
    Console console = session.console();
    console.err().println(isolation(session));
    try (BuildServer server =
        BuildServer.start(
            options,
            Version.NUMBER,
            session.engine(registries),
            session.store(),
            registries.options(console.env()))) {
      console.err().println("jbuild " + Version.NUMBER + " listens on " + server.url());
      console.err().flush();
      new CountDownLatch(1).await();
      return Jbuild.OK;
    } catch (InterruptedException e) {
      console.err().println("stopped");
      return Jbuild.INTERRUPTED;
    }
  }

  /** How steps will be held; a server that can run none still serves its store. */
  private String isolation(Session session) {
    try {
      Sandbox sandbox = session.sandbox();
      return "steps: " + sandbox.launcher().describe() + " (" + sandbox.reason() + ")";
    } catch (BuildFailure e) {
      if (isolation.isGiven()) {
        throw e;
      }
      return "warning: RUN steps cannot be run: "
          + e.text()
          + e.hint().map(hint -> " (" + hint + ")").orElse("");
    }
  }

  private ServerOptions options() throws IOException {
    if (listen != null && unix != null) {
      throw new UsageError("--listen and --unix are given; a server listens in one place");
    }
    if ((certificate == null) != (key == null)) {
      throw new UsageError("--tls-cert and --tls-key go together");
    }
    if (tokenFile != null && noAuth) {
      throw new UsageError("--token-file and --no-auth are given");
    }
    ServerOptions options = ServerOptions.DEFAULT.withAnonymous(noAuth);
    if (unix != null) {
      options = options.withAddress(new ServerOptions.Address.Unix(Path.of(unix).toAbsolutePath()));
    } else if (listen != null) {
      options = options.withAddress(address(listen));
    }
    if (certificate != null && key != null) {
      options = options.withTls(new ServerOptions.Tls(readable(certificate), readable(key)));
    }
    if (tokenFile != null) {
      String token = Files.readString(readable(tokenFile), StandardCharsets.UTF_8).strip();
      if (token.isEmpty()) {
        throw new UsageError("the token file \"" + tokenFile + "\" is empty");
      }
      options = options.withToken(token);
    }
    return options
        .withBuilds(
            number("--max-builds", maxBuilds, 1, options.maxBuilds()),
            number("--queue", queue, 0, options.queue()))
        .withBounds(bounds.bounds());
  }

  private static Path readable(String file) {
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      throw new UsageError("\"" + file + "\" cannot be read");
    }
    return path;
  }

  private static int number(String flag, @Nullable String text, int least, int otherwise) {
    if (text == null) {
      return otherwise;
    }
    long value = Quantities.whole(flag, text);
    if (value < least || value > 100_000) {
      throw new UsageError(flag + " \"" + text + "\" is out of range");
    }
    return Math.toIntExact(value);
  }

  private static ServerOptions.Address address(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isEmpty()) {
      throw new UsageError("--listen \"" + text + "\" is not HOST:PORT");
    }
    long port = Quantities.whole("--listen", text.substring(colon + 1));
    if (port < 0 || port > 65_535) {
      throw new UsageError("--listen: there is no port " + port);
    }
    return new ServerOptions.Address.Tcp(host, Math.toIntExact(port));
  }
}
