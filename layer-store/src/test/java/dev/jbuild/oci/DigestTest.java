package dev.jbuild.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {
  private static final String ABC =
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void hashesBytes() {
    assertThat(Digest.of("abc".getBytes(StandardCharsets.UTF_8))).hasToString(ABC);
    assertThat(Digest.EMPTY)
        .hasToString("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void parsesWhatItPrints() {
    assertThat(Digest.parse(ABC)).hasToString(ABC);
    String sha512 = "sha512:" + "0f".repeat(64);
    assertThat(Digest.parse(sha512)).hasToString(sha512);
  }

  @Test
  void verifierHashesWithTheSameAlgorithm() {
    Digest sha512 = Digest.parse("sha512:" + "0f".repeat(64));
    assertThat(sha512.verifier().update(new byte[0], 0, 0).digest().algorithm())
        .isEqualTo("sha512");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "abc",
        "sha256:",
        "sha256:abc",
        "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:../../../../../../../../../../etc/passwd/aaaaaaaaaaaaaaaaaaaaaaaaa",
      })
  void refusesWhatIsNoDigest(String text) {
    assertThatThrownBy(() -> Digest.parse(text))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
              assertThat(failure.text()).startsWith("invalid digest \"" + text + "\": ");
            });
    assertThat(Digest.tryParse(text)).isEmpty();
  }

  @Test
  void chainIdOfOneLayerIsItsDiffId() {
    DiffId layer = DiffId.parse(ABC);
    assertThat(ChainId.of(List.of(layer)).orElseThrow()).hasToString(ABC);
    assertThat(ChainId.of(List.of())).isEmpty();
  }

  @Test
  void chainIdHashesChainAndLayer() {
    DiffId layer = DiffId.parse(ABC);
    assertThat(ChainId.of(List.of(layer, layer)).orElseThrow().digest())
        .isEqualTo(Digest.of((ABC + " " + ABC).getBytes(StandardCharsets.UTF_8)));
  }
}
