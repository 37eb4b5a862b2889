package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every transport does with a registry that misbehaves. Here are manifests that have no end,
 * are of another digest or an old schema, or none at all.
 */
abstract class ManifestMisbehaviour extends BlobMisbehaviour {
  @Test
  void endlessManifestIsCutOff() {
    memory
        .stub()
        .when(
            request("GET", "/manifests/"),
            FOREVER,
            exchange -> {
              OutputStream out =
                  exchange.head(
                      200,
                      Map.of(
                          "Connection", "close", "Content-Type", MediaType.OCI_MANIFEST.value()));
              while (true) {
                out.write(' ');
              }
            });
    RegistryFailure failure = pullFails();
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
    assertThat(failure.text()).contains("larger than 4194304 bytes");
  }

  @Test
  void manifestWithAnotherDigestIsAnError() {
    byte[] other =
        (new String(image.manifest().bytes(), StandardCharsets.UTF_8) + " ")
            .getBytes(StandardCharsets.UTF_8);
    memory
        .stub()
        .when(
            request("GET", "/manifests/"),
            FOREVER,
            exchange ->
                exchange.answer(
                    200, Map.of("Content-Type", MediaType.OCI_MANIFEST.value()), other));
    Puller puller = client(store(), options()).puller();
    RegistryFailure failure =
        catchThrowableOfType(
            RegistryFailure.class, () -> puller.pull(name().at(image.manifest().digest()), LINUX));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
    assertThat(failure.text())
        .contains(image.manifest().digest().toString())
        .contains(Digest.of(other).toString());
  }

  @Test
  void schemaOneIsRefusedWithAdvice() {
    byte[] old =
        "{\"schemaVersion\":1,\"name\":\"x\",\"tag\":\"1\",\"fsLayers\":[]}"
            .getBytes(StandardCharsets.UTF_8);
    memory.addManifest(
        REPOSITORY,
        "1",
        new MediaType("application/vnd.docker.distribution.manifest.v1+prettyjws"),
        old);
    RegistryFailure failure = pullFails();
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNSUPPORTED);
    assertThat(failure.text()).contains("schema 1");
    assertThat(failure.hint()).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/html", "application/json", "application/octet-stream", ""})
  void lyingContentTypeIsSeenThrough(String type) {
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/manifests/"),
            FOREVER,
            exchange ->
                exchange.answer(
                    200,
                    type.isEmpty() ? Map.of() : Map.of("Content-Type", type),
                    image.manifest().bytes()));
    pullsAllTheSame();
  }

  @Test
  void webPageInsteadOfAManifestIsAnError() {
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/manifests/"),
            FOREVER,
            exchange ->
                exchange.answer(
                    200,
                    Map.of("Content-Type", "text/html"),
                    "<html>log in</html>".getBytes(StandardCharsets.UTF_8)));
    RegistryFailure failure = pullFails();
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
    assertThat(failure.text()).contains("no manifest").contains("text/html");
  }
}
