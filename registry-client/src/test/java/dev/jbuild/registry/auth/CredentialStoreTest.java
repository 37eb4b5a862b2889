package dev.jbuild.registry.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.registry.RegistryOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CredentialStoreTest {
  private static final Credential OWN = new Credential.Password("ann", "a", "the request");
  private static final Credential OTHER = new Credential.Password("bob", "b", "the file");

  @Test
  void theFirstStoreThatFindsWins() {
    CredentialStore own = CredentialStore.fixed("a.example", OWN, noted("not in the request"));
    CredentialStore other = (_, _) -> new CredentialStore.Lookup(Optional.of(OTHER), List.of());
    CredentialStore both = own.orElse(other);
    assertThat(both.find("a.example", "x").credential()).contains(OWN);
    assertThat(both.find("b.example", "x").credential()).contains(OTHER);
    assertThat(own.orElse(noted("not in the file")).find("b.example", "x").notes())
        .containsExactly("not in the request", "not in the file");
  }

  @Test
  void optionsOfOneCallerLeaveTheOthersAlone() {
    CredentialStore file = CredentialStore.fixed("b.example", OTHER, noted(""));
    RegistryOptions all = RegistryOptions.builder(Map.of()).credentials(file).build();
    RegistryOptions one = all.askingFirst(CredentialStore.fixed("a.example", OWN, noted("")));
    assertThat(one.credentials().find("a.example", "x").credential()).contains(OWN);
    assertThat(one.credentials().find("b.example", "x").credential()).contains(OTHER);
    assertThat(all.credentials().find("a.example", "x").credential()).isEmpty();
  }

  private static CredentialStore noted(String note) {
    return (_, _) -> new CredentialStore.Lookup(Optional.empty(), List.of(note));
  }
}
