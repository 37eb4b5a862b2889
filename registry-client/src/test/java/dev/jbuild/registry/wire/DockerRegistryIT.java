package dev.jbuild.registry.wire;

import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryContract;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.fixture.DockerRegistry;
import dev.jbuild.registry.fixture.Peers;
import dev.jbuild.registry.fixture.RedirectingNginx;
import dev.jbuild.registry.fixture.SelfSigned;
import dev.jbuild.registry.fixture.TestOptions;
import dev.jbuild.registry.fixture.TokenServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract over both transports, with the registry most people run, in its usual dresses. */
@Tag("peer")
class DockerRegistryIT {
  private static final String USER = "ann";
  private static final String PASSWORD = "p@ss:w\u00f6rd/1";

  @TempDir static @Nullable Path folder;
  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();
  private static String plain = "";
  private static String secured = "";
  private static String strict = "";
  private static String tokens = "";
  private static String redirecting = "";
  private static Path authority = Path.of("/nowhere");
  private static Path clientCertificates = Path.of("/nowhere");

  @BeforeAll
  static void start() throws IOException {
    Peers.need("docker-registry", "nginx", "htpasswd");
    Path root = folder;
    if (root == null) {
      throw new IllegalStateException("no folder");
    }
    for (String name : List.of("plain", "tls", "strict", "tokens")) {
      Files.createDirectories(root.resolve(name));
    }
    DockerRegistry first = opened(DockerRegistry.plain(root.resolve("plain")));
    plain = first.host();
    SelfSigned server = SelfSigned.make(root, "server");
    authority = server.certificate();
    secured =
        opened(DockerRegistry.withTlsAndPassword(root.resolve("tls"), server, USER, PASSWORD))
            .host();
    SelfSigned client = SelfSigned.make(root, "client");
    strict =
        opened(DockerRegistry.withClientCertificate(root.resolve("strict"), server, client)).host();
    clientCertificates = root.resolve("certs.d");
    Path own = Files.createDirectories(clientCertificates.resolve(strict));
    Files.copy(server.certificate(), own.resolve("ca.crt"));
    Files.copy(client.certificate(), own.resolve("client.cert"));
    Files.copy(client.keyFile(), own.resolve("client.key"));
    TokenServer server2 = opened(new TokenServer(root, USER, PASSWORD, "refresh-me"));
    tokens = opened(DockerRegistry.withTokens(root.resolve("tokens"), server2)).host();
    redirecting =
        opened(RedirectingNginx.before(first, root.resolve("nginx"), USER, "simple")).host();
  }

  private static <T extends AutoCloseable> T opened(T peer) {
    OPEN.push(peer);
    return peer;
  }

  @AfterAll
  static void stop() throws Exception {
    while (!OPEN.isEmpty()) {
      OPEN.pop().close();
    }
  }

  private static RegistryOptions.Builder withPassword(String host, String password) {
    return TestOptions.builder()
        .credentials(
            CredentialStore.fixed(
                host,
                new Credential.Password(USER, password, "the test"),
                CredentialStore.anonymous()));
  }

  private static RegistryOptions anonymous() {
    return TestOptions.builder().build();
  }

  private static RegistryOptions basicOverTls() {
    return withPassword(secured, PASSWORD).authority(authority).build();
  }

  private static RegistryOptions clientCertificate() {
    return TestOptions.builder().certificateFolders(List.of(clientCertificates)).build();
  }

  private static RegistryOptions password() {
    return withPassword(tokens, PASSWORD).build();
  }

  private static RegistryOptions refreshToken() {
    return TestOptions.builder()
        .credentials(
            CredentialStore.fixed(
                tokens,
                new Credential.IdentityToken("refresh-me", "the test"),
                CredentialStore.anonymous()))
        .build();
  }

  private static RegistryOptions redirected() {
    return withPassword(redirecting, "simple").build();
  }

  @Nested
  class PlainOverHttp extends RegistryContract {
    @Override
    protected String host() {
      return plain;
    }

    @Override
    protected Registry open() {
      return new HttpTransport(anonymous());
    }
  }

  @Nested
  class PlainOverJib extends RegistryContract {
    @Override
    protected String host() {
      return plain;
    }

    @Override
    protected Registry open() {
      return new JibTransport(anonymous());
    }
  }

  @Nested
  class BasicOverTlsOverHttp extends RegistryContract {
    @Override
    protected String host() {
      return secured;
    }

    @Override
    protected Registry open() {
      return new HttpTransport(basicOverTls());
    }
  }

  @Nested
  class BasicOverTlsOverJib extends RegistryContract {
    @Override
    protected String host() {
      return secured;
    }

    @Override
    protected Registry open() {
      return new JibTransport(basicOverTls());
    }
  }

  @Nested
  class ClientCertificateOverHttp extends RegistryContract {
    @Override
    protected String host() {
      return strict;
    }

    @Override
    protected Registry open() {
      return new HttpTransport(clientCertificate());
    }
  }

  @Nested
  class ClientCertificateOverJib extends RegistryContract {
    @Override
    protected String host() {
      return strict;
    }

    @Override
    protected Registry open() {
      return new JibTransport(clientCertificate());
    }
  }

  @Nested
  class TokenForPasswordOverHttp extends RegistryContract {
    @Override
    protected String host() {
      return tokens;
    }

    @Override
    protected Registry open() {
      return new HttpTransport(password());
    }
  }

  @Nested
  class TokenForPasswordOverJib extends RegistryContract {
    @Override
    protected String host() {
      return tokens;
    }

    @Override
    protected Registry open() {
      return new JibTransport(password());
    }

    /** Jib asks for no token that would let it read the other repository. */
    @Override
    protected Registry.Push mounted() {
      return Registry.Push.UPLOADED;
    }
  }

  @Nested
  class TokenForRefreshTokenOverHttp extends RegistryContract {
    @Override
    protected String host() {
      return tokens;
    }

    @Override
    protected Registry open() {
      return new HttpTransport(refreshToken());
    }
  }

  @Nested
  class TokenForRefreshTokenOverJib extends RegistryContract {
    @Override
    protected String host() {
      return tokens;
    }

    @Override
    protected Registry open() {
      return new JibTransport(refreshToken());
    }

    /** Jib asks for no token that would let it read the other repository. */
    @Override
    protected Registry.Push mounted() {
      return Registry.Push.UPLOADED;
    }
  }

  @Nested
  class BehindRedirectsOverHttp extends RegistryContract {
    @Override
    protected String host() {
      return redirecting;
    }

    @Override
    protected Registry open() {
      return new HttpTransport(redirected());
    }
  }

  @Nested
  class BehindRedirectsOverJib extends RegistryContract {
    @Override
    protected String host() {
      return redirecting;
    }

    @Override
    protected Registry open() {
      return new JibTransport(redirected());
    }
  }
}
