package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.fixture.HttpStub;
import dev.jbuild.registry.fixture.Nobody;
import dev.jbuild.registry.fixture.TestOptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registries behind a proxy, and what a proxy that does not serve is told as. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProxyTest {
  private static RegistryFailure tagsFail(Registry registry, String host) {
    return catchThrowableOfType(
        RegistryFailure.class, () -> registry.tags(new RepositoryName(host, "a/b")));
  }

  /**
   * The proxy is all there is of the network here: it must see both attempts, with its password.
   */
  @Test
  void proxyIsUsedForTlsAndInTheClearWithItsPassword() {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (HttpStub proxy =
        new HttpStub(exchange -> {
          seen.add(
              exchange.method()
                  + " "
                  + exchange.path()
                  + " "
                  + exchange.header("Proxy-Authorization").orElse("-"));
          if (exchange.method().equals("CONNECT")) {
            exchange.answer(502, Map.of());
          } else {
            exchange.answer(200, Map.of(), "{\"tags\":[\"x\"]}".getBytes(StandardCharsets.UTF_8));
          }
        })) {
      String url = "http://ann:pw@" + proxy.host();
      RegistryOptions options =
          TestOptions.builder(Map.of("HTTP_PROXY", url, "HTTPS_PROXY", url))
              .insecureRegistry("registry.invalid")
              .build();
      try (Registry registry = new HttpTransport(options)) {
        assertThat(registry.tags(new RepositoryName("registry.invalid", "a/b")))
            .containsExactly("x");
      }
    }
    String password = new Credential.Password("ann", "pw", "").basicHeader();
    assertThat(seen)
        .contains(
            "CONNECT registry.invalid:443 " + password,
            "GET http://registry.invalid/v2/ " + password,
            "GET http://registry.invalid/v2/a/b/tags/list " + password);
  }

  private static String refusedBy(HttpStub proxy, String user, String registry) {
    String url = "http://" + user + proxy.host();
    RegistryOptions options =
        TestOptions.builder(Map.of("HTTP_PROXY", url, "HTTPS_PROXY", url))
            .insecureRegistry("plain.invalid")
            .build();
    try (Registry transport = new HttpTransport(options)) {
      return tagsFail(transport, registry).text();
    }
  }

  /** Over TLS it is the answer to a CONNECT, in the clear that to the request. */
  @ParameterizedTest
  @ValueSource(strings = {"registry.invalid", "plain.invalid"})
  void aProxyThatWantsAPasswordIsAnErrorAtOnceThatSaysSo(String registry) {
    try (HttpStub proxy =
        new HttpStub(
            exchange -> exchange.answer(407, Map.of("Proxy-Authenticate", "Basic realm=\"p\"")))) {
      assertThat(refusedBy(proxy, "", registry))
          .contains("the proxy " + proxy.host())
          .contains("_PROXY) wants a user and a password")
          .doesNotContain("attempts");
      assertThat(refusedBy(proxy, "ann:hunter2@", registry))
          .contains("the proxy " + proxy.host())
          .contains("does not accept the user and the password")
          .doesNotContain("hunter2");
    }
  }

  @Test
  void aProxyThatLetsNobodyThroughIsAskedOnce() {
    List<String> asked = new CopyOnWriteArrayList<>();
    try (HttpStub proxy =
        new HttpStub(exchange -> {
          asked.add(exchange.path());
          exchange.answer(403, Map.of());
        })) {
      assertThat(refusedBy(proxy, "", "registry.invalid"))
          .contains("the proxy " + proxy.host() + " (HTTPS_PROXY) does not let us through: 403");
      assertThat(asked).hasSize(1);
    }
  }

  @Test
  void aProxyThatIsDownIsNamed() {
    try (Nobody proxy = new Nobody()) {
      RegistryOptions options =
          TestOptions.builder(Map.of("https_proxy", "http://" + proxy.host())).build();
      try (Registry registry = new HttpTransport(options)) {
        RegistryFailure failure = tagsFail(registry, "registry.invalid:5000");
        assertThat(failure.text())
            .contains(
                "no connection to the proxy "
                    + proxy.host()
                    + " (https_proxy): connection refused");
        assertThat(failure.hint())
            .contains(
                "check https_proxy, or name registry.invalid in NO_PROXY to reach it without a"
                    + " proxy");
      }
    }
  }

  /** The name is known to the proxy alone, and the proxy is for plain http alone. */
  @Test
  void aNameThatOnlyThePlainProxyKnowsIsReached() {
    try (HttpStub proxy =
        new HttpStub(exchange ->
            exchange.answer(
                200, Map.of(), "{\"tags\":[\"x\"]}".getBytes(StandardCharsets.UTF_8)))) {
      RegistryOptions options =
          TestOptions.builder(Map.of("http_proxy", proxy.host()))
              .insecureRegistry("registry.invalid")
              .build();
      try (Registry registry = new HttpTransport(options)) {
        assertThat(registry.tags(new RepositoryName("registry.invalid", "a/b")))
            .containsExactly("x");
      }
    }
  }
}
