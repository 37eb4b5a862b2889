package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.fixture.DockerRegistry;
import dev.jbuild.registry.fixture.Peers;
import dev.jbuild.registry.fixture.SelfSigned;
import dev.jbuild.registry.fixture.TestOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which certificates are good enough, against a registry under its own. */
@Tag("peer")
class TrustIT {
  private final SelfSigned certificate;
  private final DockerRegistry server;

  TrustIT(@TempDir Path folder) throws Exception {
    Peers.need("docker-registry", "htpasswd");
    certificate = SelfSigned.make(folder, "server");
    server =
        DockerRegistry.withTlsAndPassword(
            Files.createDirectories(folder.resolve("r")), certificate, "ann", "pw");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private RegistryOptions.Builder options(Map<String, String> environment) {
    return TestOptions.builder(environment)
        .credentials(
            CredentialStore.fixed(
                server.host(),
                new Credential.Password("ann", "pw", "the test"),
                CredentialStore.anonymous()));
  }

  private RegistryFailure tagsFail(RegistryOptions options) {
    try (Registry registry = new HttpTransport(options)) {
      return catchThrowableOfType(
          RegistryFailure.class, () -> registry.tags(new RepositoryName(server.host(), "none")));
    }
  }

  @Test
  void unknownCertificateIsAnErrorWithAdviceAndIsNotRetried() {
    RegistryFailure failure = tagsFail(options(Map.of()).build());
    assertThat(failure.status()).isZero();
    assertThat(failure.text()).contains("certificate is not trusted").doesNotContain("attempts");
    assertThat(failure.hint())
        .hasValueSatisfying(hint -> assertThat(hint).contains("--registry-ca"));
  }

  @Test
  void anyOfTheWaysToTrustLeadsIn() {
    List<RegistryOptions> ways =
        List.of(
            options(Map.of()).authority(certificate.certificate()).build(),
            options(Map.of("SSL_CERT_FILE", certificate.certificate().toString())).build(),
            options(Map.of()).insecureRegistry(server.host()).build());
    for (RegistryOptions way : ways) {
      assertThat(tagsFail(way).status()).isEqualTo(404);
    }
  }
}
