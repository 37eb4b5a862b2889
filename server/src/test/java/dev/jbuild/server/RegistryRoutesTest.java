package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistryRoutesTest extends ServerTest {
  /** An image of one layer in the store, tagged {@code hello:1}. */
  private Manifest image(byte[] layerBytes) {
    Descriptor config =
        store.blobs().put(MediaType.OCI_CONFIG, "{}".getBytes(StandardCharsets.UTF_8));
    Descriptor layer = store.blobs().put(MediaType.OCI_LAYER, layerBytes);
    Manifest manifest = Manifest.of(config, List.of(layer));
    store.tags().put("hello:1", store.blobs().put(manifest.mediaType(), manifest.bytes()));
    return manifest;
  }

  @Test
  void imagesArePulledByTagAndDigest() throws Exception {
    Manifest manifest = image("layer".getBytes(StandardCharsets.UTF_8));

    HttpResponse<String> byTag = get("/v2/hello/manifests/1");

    assertThat(byTag.body().getBytes(StandardCharsets.UTF_8)).isEqualTo(manifest.bytes());
    assertThat(byTag.headers().firstValue("content-type")).contains(MediaType.OCI_MANIFEST.value());
    assertThat(byTag.headers().firstValue("docker-content-digest"))
        .contains(manifest.digest().toString());
    HttpResponse<String> byDigest = get("/v2/hello/manifests/" + manifest.digest());
    assertThat(byDigest.body()).isEqualTo(byTag.body());
    HttpResponse<String> head =
        send(to("/v2/hello/manifests/1").method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.headers().firstValue("content-length"))
        .contains(String.valueOf(manifest.bytes().length));
    assertThat(head.body()).isEmpty();
    assertThat(json(get("/v2/hello/tags/list")).get("tags").get(0).asText()).isEqualTo("1");
    assertThat(json(get("/v2/_catalog")).get("repositories").get(0).asText()).isEqualTo("hello");
  }

  @Test
  void blobsAreSentWholeAndInPart() throws Exception {
    Manifest manifest = image("0123456789".getBytes(StandardCharsets.UTF_8));
    String blob = "/v2/hello/blobs/" + manifest.layers().getFirst().digest();

    assertThat(get(blob).body()).isEqualTo("0123456789");
    HttpResponse<String> part = send(to(blob).header("range", "bytes=3-5"));
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo("345");
    assertThat(part.headers().firstValue("content-range")).contains("bytes 3-5/10");
    assertThat(send(to(blob).header("range", "bytes=20-")).statusCode()).isEqualTo(416);
    HttpResponse<String> head = send(to(blob).method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(head.headers().firstValue("content-length")).contains("10");
    String etag = head.headers().firstValue("etag").orElseThrow();
    assertThat(send(to(blob).header("if-none-match", etag)).statusCode()).isEqualTo(304);
  }

  @Test
  void theRegistrySpeaksTheSpecsErrors() throws Exception {
    Manifest manifest = image(new byte[] {1});

    assertThat(json(get("/v2/hello/manifests/9")).at("/errors/0/code").asText())
        .isEqualTo("MANIFEST_UNKNOWN");
    assertThat(json(get("/v2/nothing/tags/list")).at("/errors/0/code").asText())
        .isEqualTo("NAME_UNKNOWN");
    assertThat(json(get("/v2/Hello/manifests/1")).at("/errors/0/code").asText())
        .isEqualTo("NAME_INVALID");
    assertThat(json(get("/v2/hello/blobs/sha256:ab")).at("/errors/0/code").asText())
        .isEqualTo("DIGEST_INVALID");
    String absent = "sha256:" + "0".repeat(64);
    assertThat(json(get("/v2/hello/blobs/" + absent)).at("/errors/0/code").asText())
        .isEqualTo("BLOB_UNKNOWN");
    assertThat(json(get("/v2/hello/manifests/" + absent)).at("/errors/0/code").asText())
        .isEqualTo("MANIFEST_UNKNOWN");
    assertThat(get("/v2/hello/manifests/" + manifest.layers().getFirst().digest()).statusCode())
        .isEqualTo(404);
    HttpResponse<String> push =
        send(to("/v2/hello/blobs/uploads/").POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(push.statusCode()).isEqualTo(405);
    assertThat(json(push).at("/errors/0/code").asText()).isEqualTo("UNSUPPORTED");
  }

  @Test
  void tagsComeInPages() throws Exception {
    Descriptor target = image(new byte[] {1}).descriptor();
    for (String tag : List.of("2", "3", "4")) {
      store.tags().put("hello:" + tag, target);
    }

    HttpResponse<String> first = get("/v2/hello/tags/list?n=3");

    assertThat(json(first).get("tags")).hasSize(3);
    assertThat(first.headers().firstValue("link"))
        .contains("</v2/hello/tags/list?n=3&last=3>; rel=\"next\"");
    HttpResponse<String> second = get("/v2/hello/tags/list?n=3&last=3");
    assertThat(json(second).get("tags").get(0).asText()).isEqualTo("4");
    assertThat(second.headers().firstValue("link")).isEmpty();
  }
}
