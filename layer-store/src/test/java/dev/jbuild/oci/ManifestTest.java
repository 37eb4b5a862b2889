package dev.jbuild.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
  private static final Descriptor CONFIG =
      Descriptor.of(MediaType.OCI_CONFIG, "{}".getBytes(UTF_8));
  private static final Descriptor LAYER =
      Descriptor.of(MediaType.OCI_LAYER_GZIP, Digest.of("layer".getBytes(UTF_8)), 5);

  @Test
  void keepsTheBytesItWasReadFrom() {
    byte[] odd =
        ("{ \"schemaVersion\" : 2,\"unknown\":[1,2], \"config\":"
                + new String(Json.compact(CONFIG.toJson()), UTF_8)
                + ",\"layers\":null}")
            .getBytes(UTF_8);
    Manifest manifest = Manifest.parse(odd);
    assertThat(manifest.bytes()).isEqualTo(odd);
    assertThat(manifest.digest()).isEqualTo(Digest.of(odd));
    assertThat(manifest.mediaType()).isEqualTo(MediaType.OCI_MANIFEST);
    assertThat(manifest.layers()).isEmpty();
  }

  @Test
  void writesAManifestAsBuildKitDoes() {
    Manifest manifest =
        Manifest.of(
            MediaType.OCI_MANIFEST,
            CONFIG,
            List.of(LAYER.withAnnotation("b", "2").withAnnotation("a", "<1>")),
            Map.of());
    assertThat(new String(manifest.bytes(), UTF_8))
        .isEqualTo(
            """
            {
              "schemaVersion": 2,
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                "size": 2
              },
              "layers": [
                {
                  "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                  "digest": "sha256:8cf8d87f93426b4ec7ce63e8aaa6e2d07df3f0b5a3ee8a75e09cb4a7d3e5d4e5",
                  "size": 5,
                  "annotations": {
                    "a": "\\u003c1\\u003e",
                    "b": "2"
                  }
                }
              ]
            }\
            """
                .replaceFirst("sha256:8cf8d8[0-9a-f]*", LAYER.digest().toString()));
    assertThat(Manifest.parse(manifest.bytes())).isEqualTo(manifest);
  }

  @Test
  void readsSubjectArtifactTypeAndAnnotations() {
    Manifest manifest =
        Manifest.of(
            MediaType.OCI_MANIFEST,
            new MediaType("application/x.sbom"),
            CONFIG,
            List.of(),
            LAYER,
            Map.of("k", "v"));
    Manifest read = Manifest.parse(manifest.bytes());
    assertThat(read.artifactType()).contains(new MediaType("application/x.sbom"));
    assertThat(read.subject()).contains(LAYER);
    assertThat(read.annotations()).containsExactly(Map.entry("k", "v"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"schemaVersion\":1} | has the schema version 1, not 2",
        "{\"schemaVersion\":2} | has no \"config\"",
        "{\"schemaVersion\":2,\"manifests\":[]} | is an index, not a manifest",
        "{\"schemaVersion\":2,\"config\":{}} | \"config\" of manifest %s has no \"digest\"",
        "{\"schemaVersion\":2,\"config\":7} | \"config\" of manifest %s is not a JSON object",
      })
  void refusesWhatIsNoManifest(String text, String message) {
    assertThatThrownBy(() -> Manifest.parse(text.getBytes(UTF_8)))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining(message.formatted(Digest.of(text.getBytes(UTF_8))));
  }

  @Test
  void aNegativeSizeIsRefused() {
    String json = "{\"mediaType\":\"x\",\"digest\":\"" + CONFIG.digest() + "\",\"size\":-1}";
    assertThatThrownBy(() -> Descriptor.parse(Json.parseObject(json.getBytes(UTF_8), "it"), "it"))
        .hasMessage("the descriptor of " + CONFIG.digest() + " has the size -1");
  }

  @Test
  void anIndexGivesTheBestPlatform() {
    Descriptor amd64 = LAYER.withMediaType(MediaType.OCI_MANIFEST);
    ImageIndex index =
        ImageIndex.of(
            List.of(
                amd64.withPlatform(Platform.of("unknown", "unknown", "")),
                amd64.withPlatform(Platform.parse("linux/arm/v6")),
                amd64.withPlatform(Platform.parse("linux/arm/v7")),
                amd64.withPlatform(Platform.parse("linux/amd64"))));
    ImageIndex read = ImageIndex.parse(index.bytes());
    assertThat(read.select(Platform.parse("linux/arm/v7")).flatMap(Descriptor::runsOn))
        .contains(Platform.parse("linux/arm/v7"));
    assertThat(read.select(Platform.parse("linux/s390x"))).isEmpty();
    assertThat(read.platforms()).hasSize(3);
  }

  @Test
  void anEntryWithoutPlatformIsTheLastResort() {
    Descriptor plain = LAYER.withMediaType(MediaType.OCI_MANIFEST);
    ImageIndex index =
        ImageIndex.of(List.of(plain, CONFIG.withPlatform(Platform.parse("linux/amd64"))));
    assertThat(index.select(Platform.parse("linux/amd64")).orElseThrow().digest())
        .isEqualTo(CONFIG.digest());
    assertThat(index.select(Platform.parse("linux/s390x"))).contains(plain);
  }

  @Test
  void mediaTypesTranslateBothWays() {
    assertThat(MediaType.DOCKER_LAYER_GZIP.toOci()).isEqualTo(MediaType.OCI_LAYER_GZIP);
    assertThat(MediaType.OCI_LAYER_GZIP.toDocker()).isEqualTo(MediaType.DOCKER_LAYER_GZIP);
    assertThat(new MediaType("text/html; charset=utf-8").value()).isEqualTo("text/html");
    assertThat(MediaType.DOCKER_LAYER_GZIP.isGzip()).isTrue();
    assertThat(MediaType.OCI_LAYER_ZSTD.isZstd()).isTrue();
    assertThat(MediaType.DOCKER_FOREIGN_LAYER_GZIP.isForeign()).isTrue();
    assertThat(MediaType.DOCKER_CONFIG.isLayer()).isFalse();
  }
}
