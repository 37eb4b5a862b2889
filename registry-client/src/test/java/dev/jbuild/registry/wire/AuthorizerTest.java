package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.auth.Challenge;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.fixture.TestOptions;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuthorizerTest {
  private static final String HOST = "registry.example";
  private static final Scope SCOPE = Scope.push(new RepositoryName(HOST, "team/app"));
  private static final List<Challenge> BASIC = Challenge.parse(List.of("Basic realm=\"r\""));

  /**
   * What another request, refused at the same time, has to tell of while the login is looked up.
   */
  private record Seen(String account, List<String> secrets, boolean known) {
    static Seen by(CredentialLookups credentials, Authorizer authorizer) {
      CredentialLookups.Account account = credentials.account(HOST, SCOPE.path());
      return new Seen(account.words(), authorizer.secrets(HOST, SCOPE), account.known());
    }
  }

  private final CredentialLookups credentials = new CredentialLookups(this::find);
  private final AtomicReference<@Nullable Authorizer> authorizer = new AtomicReference<>();
  private final List<Seen> seen = new ArrayList<>();
  private final List<String> passwords = new ArrayList<>(List.of("old", "new"));

  private CredentialStore.Lookup find(String host, String repository) {
    Authorizer asking = Objects.requireNonNull(authorizer.get());
    seen.add(Seen.by(credentials, asking));
    return new CredentialStore.Lookup(
        Optional.of(new Credential.Password("ann", passwords.removeFirst(), "a file")), List.of());
  }

  @Test
  void aRefusedLoginIsToldOfWhileItIsLookedUpAnew() throws IOException {
    Authorizer asking =
        new Authorizer(
            TestOptions.builder().build(),
            credentials,
            request -> {
              throw new AssertionError("basic needs no token");
            },
            Clock.systemUTC());
    authorizer.set(asking);

    assertThat(asking.challenged(HOST, SCOPE, BASIC, null, true)).isTrue();
    String first = asking.header(HOST, SCOPE, true).orElseThrow();
    assertThat(asking.challenged(HOST, SCOPE, BASIC, first, true)).isTrue();
    String second = asking.header(HOST, SCOPE, true).orElseThrow();

    assertThat(List.of(first, second))
        .containsExactly(
            new Credential.Password("ann", "old", "").basicHeader(),
            new Credential.Password("ann", "new", "").basicHeader());
    assertThat(seen)
        .containsExactly(
            new Seen("no credential was asked for", List.of(), false),
            new Seen(
                "user \"ann\" from a file",
                new Credential.Password("ann", "old", "").secrets(),
                true));
  }
}
