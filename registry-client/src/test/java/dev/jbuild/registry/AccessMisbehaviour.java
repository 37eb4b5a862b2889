package dev.jbuild.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.fixture.HttpStub;
import dev.jbuild.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What every transport does with a registry that misbehaves. Here are redirects, and credentials
 * that must not go astray.
 */
abstract class AccessMisbehaviour extends PatienceMisbehaviour {
  @Test
  void endlessRedirectsAreGivenUp() {
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/blobs/"),
            FOREVER,
            exchange -> exchange.answer(307, Map.of("Location", exchange.path() + "?again=1")));
    RegistryFailure failure = pullFails();
    assertThat(failure.text()).contains("redirect");
  }

  @Test
  void redirectToAnotherHostBringsNoCredentialAlong() {
    AtomicReference<@Nullable String> seen = new AtomicReference<>("nobody came");
    try (HttpStub elsewhere =
        new HttpStub(exchange -> {
          seen.set(exchange.header("Authorization").orElse(null));
          memory.serveBlob(exchange, layer);
        })) {
      memory.guard(basic());
      memory
          .stub()
          .when(
              theLayer(),
              FOREVER,
              exchange ->
                  exchange.answer(
                      307, Map.of("Location", "http://" + elsewhere.host() + "/x?sig=" + SECRET)));
      Store store = store();
      Puller puller = client(store, options().credentials(password())).puller();
      puller.fetchLayers(puller.pull(name(), LINUX));
      assertThat(store.blobs().read(layerDigest)).isEqualTo(layer);
    }
    assertThat(seen.get()).isNull();
  }

  private CredentialStore password() {
    return CredentialStore.fixed(
        memory.host(),
        new Credential.Password("ann", SECRET, "/home/ann/.docker/config.json"),
        CredentialStore.anonymous());
  }

  private static HttpStub.Handler basic() {
    String wanted = new Credential.Password("ann", SECRET, "test").basicHeader();
    return exchange -> {
      if (!exchange.header("Authorization").orElse("").equals(wanted)) {
        exchange.error(
            401,
            "UNAUTHORIZED",
            "authentication required",
            Map.of("WWW-Authenticate", "Basic realm=\"test\""));
      }
    };
  }

  @Test
  void refusalNamesTheCredentialAndItsSourceButNoSecret() {
    memory.guard(exchange -> {
      if (exchange.header("Authorization").isEmpty()) {
        exchange.error(
            401, "UNAUTHORIZED", "who?", Map.of("WWW-Authenticate", "Basic realm=\"test\""));
      } else {
        exchange.error(403, "DENIED", "requested access to the resource is denied");
      }
    });
    Puller puller = client(store(), options().credentials(password())).puller();
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> puller.pull(name(), LINUX));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAUTHORIZED);
    assertThat(failure.text())
        .contains("403 DENIED \"requested access to the resource is denied\"")
        .contains("user \"ann\" from /home/ann/.docker/config.json")
        .doesNotContain(SECRET);
    assertThat(failure.hint()).isPresent();
    assertThat(events.toString()).doesNotContain(SECRET);
  }

  @Test
  void credentialThatTheRegistryQuotesIsNotTold() {
    memory.guard(exchange -> {
      Optional<String> sent = exchange.header("Authorization");
      if (sent.isEmpty()) {
        exchange.error(
            401, "UNAUTHORIZED", "who?", Map.of("WWW-Authenticate", "Basic realm=\"test\""));
      } else {
        String pair = sent.get().substring("Basic ".length());
        exchange.error(
            403,
            "DENIED",
            "bad "
                + pair
                + " "
                + new String(Base64.getDecoder().decode(pair), StandardCharsets.UTF_8)
                + " here");
      }
    });
    Puller puller = client(store(), options().credentials(password())).puller();
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> puller.pull(name(), LINUX));
    assertThat(failure.text()).contains("403 DENIED \"bad *** ann:*** here\"");
  }
}
