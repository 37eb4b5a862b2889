package dev.jbuild.server.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryLoginsTest {
  private static String header(String json) {
    return Base64.getUrlEncoder()
        .encodeToString(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<Credential> find(CredentialStore logins, String host) {
    return logins.find(host, "team/app").credential();
  }

  @Test
  void aBuildHasALoginForEachRegistry() {
    CredentialStore logins =
        RegistryLogins.config(
            header(
                "{'https://index.docker.io/v1/':{'username':'ann','password':'pä~s>?'},"
                    + "'ghcr.io':{'auth':'"
                    + Base64.getEncoder().encodeToString("bob:a:b".getBytes(StandardCharsets.UTF_8))
                    + "'},'quay.io':{'username':'<token>','identitytoken':'idt'},"
                    + "'h:5000':{'registrytoken':'rt'},'empty.example':{}}"));
    String source = "the request's X-Registry-Config";
    assertThat(find(logins, "docker.io"))
        .contains(new Credential.Password("ann", "pä~s>?", source));
    assertThat(find(logins, "ghcr.io")).contains(new Credential.Password("bob", "a:b", source));
    assertThat(find(logins, "quay.io")).contains(new Credential.IdentityToken("idt", source));
    assertThat(find(logins, "h:5000")).contains(new Credential.RegistryToken("rt", source));
    assertThat(find(logins, "empty.example")).isEmpty();
    assertThat(find(logins, "other.example")).isEmpty();
  }

  @Test
  void aPushHasOneLoginForItsRegistry() {
    CredentialStore login =
        RegistryLogins.auth(header("{'username':'ann','password':'x'}"), "h:5000");
    assertThat(find(login, "h:5000")).containsInstanceOf(Credential.Password.class);
    assertThat(find(login, "other:5000")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "e30=", "bnVsbA=="})
  void noneIsNone(String header) {
    assertThat(find(RegistryLogins.config(header), "docker.io")).isEmpty();
    assertThat(find(RegistryLogins.config(null), "docker.io")).isEmpty();
    assertThat(find(RegistryLogins.auth(header, "docker.io"), "docker.io")).isEmpty();
  }

  @Test
  void nothingOfAMalformedHeaderIsRepeated() {
    for (String text :
        new String[] {
          "s3cret",
          header("s3cret"),
          header("['s3cret']"),
          header("{'h':{'auth':'s3cret'}}"),
          header("{'h':{'username':'a:s3cret','password':'x'}}")
        }) {
      assertThatThrownBy(() -> RegistryLogins.config(text))
          .isInstanceOf(BuildFailure.class)
          .hasMessage("X-Registry-Config is not base64 of a JSON object with logins")
          .hasNoCause();
    }
  }
}
