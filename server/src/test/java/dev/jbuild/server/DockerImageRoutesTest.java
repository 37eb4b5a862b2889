package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Platform;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DockerImageRoutesTest extends ServerTest {
  /** Two blocks of zeros: a tar without entries. */
  private static final byte[] EMPTY_TAR = new byte[1024];

  private String id;

  @BeforeEach
  void importImage() {
    Image image =
        new Images(store)
            .importRootfs(
                new ByteArrayInputStream(EMPTY_TAR),
                "a test",
                "hello:1",
                Platform.host(),
                Instant.ofEpochSecond(77));
    id = image.manifest().config().digest().toString();
  }

  private HttpResponse<String> post(String path) throws Exception {
    return send(to(path).POST(HttpRequest.BodyPublishers.noBody()));
  }

  private static JsonNode array(HttpResponse<String> response) throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return Json.mapper().readTree(response.body());
  }

  @Test
  void anImageIsOneRowWithAllItsNames() throws Exception {
    assertThat(post("/images/hello:1/tag?repo=h.example:5000/a/b&tag=2").statusCode())
        .isEqualTo(201);
    JsonNode rows = array(get("/v1.44/images/json"));
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).get("Id").asText()).isEqualTo(id);
    assertThat(rows.get(0).get("RepoTags"))
        .extracting(JsonNode::asText)
        .containsExactly("h.example:5000/a/b:2", "hello:1");
    assertThat(rows.get(0).get("Created").asLong()).isEqualTo(77);
    assertThat(rows.get(0).has("VirtualSize")).isFalse();
    assertThat(array(get("/v1.41/images/json")).get(0).has("VirtualSize")).isTrue();
  }

  @Test
  void rowsAreFiltered() throws Exception {
    assertThat(post("/images/hello:1/tag?repo=other").statusCode()).isEqualTo(201);
    String reference = "/images/json?filters=%7B%22reference%22%3A%5B%22";
    JsonNode rows = array(get(reference + "hel*%22%5D%7D"));
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).get("RepoTags")).hasSize(1);
    assertThat(array(get(reference + "docker.io/x%22%5D%7D"))).isEmpty();
    assertThat(array(get("/images/json?filters=%7B%22dangling%22%3A%7B%22true%22%3Atrue%7D%7D")))
        .isEmpty();
    assertThat(refusal(get("/images/json?filters=%7B%22before%22%3A%5B%22a%22%5D%7D")))
        .isEqualTo("400 invalid filter \"before\"");
  }

  @Test
  void anImageIsFoundByNameAndId() throws Exception {
    String hex = id.substring("sha256:".length());
    for (String name :
        new String[] {"hello:1", "docker.io/library/hello:1", id, hex, hex.substring(0, 12)}) {
      JsonNode image = json(get("/images/" + name + "/json"));
      assertThat(image.path("Id").asText()).as(name).isEqualTo(id);
      assertThat(image.at("/RepoTags/0").asText()).isEqualTo("hello:1");
      assertThat(image.at("/RootFS/Layers")).hasSize(1);
    }
    assertThat(array(get("/images/hello:1/history")).get(0).get("Id").asText()).isEqualTo(id);
    assertThat(refusal(get("/v1.41/images/h.example:5000/none/json")))
        .isEqualTo("404 No such image: h.example:5000/none");
  }

  @Test
  void namesAreRemovedAndTheLastOneTakesTheImageAlong() throws Exception {
    assertThat(post("/images/hello:1/tag?repo=other").statusCode()).isEqualTo(201);
    assertThat(refusal(send(to("/images/" + id).DELETE()))).contains("409", "must be forced");
    assertThat(send(to("/images/other").DELETE()).body())
        .isEqualTo("[{\"Untagged\":\"other:latest\"}]");
    assertThat(send(to("/images/" + id + "?force=1").DELETE()).body())
        .isEqualTo("[{\"Untagged\":\"hello:1\"},{\"Deleted\":\"" + id + "\"}]");
    assertThat(refusal(send(to("/images/hello:1").DELETE()))).startsWith("404 ");
  }

  @Test
  void anArchiveIsSaved() throws Exception {
    HttpResponse<String> archive = get("/images/get?names=hello:1");
    assertThat(archive.headers().firstValue("content-type")).contains("application/x-tar");
    assertThat(archive.body()).contains("manifest.json", "\"hello:1\"");
    assertThat(refusal(get("/images/none/get"))).startsWith("404 ");
    assertThat(refusal(get("/images/get"))).startsWith("400 ");
  }

  @Test
  void whatCannotBePushedOrPulledIsSaid() throws Exception {
    assertThat(refusal(post("/images/none/push?tag=1")))
        .isEqualTo("404 An image does not exist locally with the tag: none:1");
    assertThat(refusal(post("/images/create?fromSrc=-"))).startsWith("501 fromSrc");
    assertThat(refusal(post("/images/create"))).startsWith("400 fromImage");
    assertThat(
            refusal(
                send(
                    to("/images/create?fromImage=127.0.0.1:1/x")
                        .header("x-registry-auth", "s3cret!")
                        .POST(HttpRequest.BodyPublishers.noBody()))))
        .isEqualTo("400 X-Registry-Auth is not base64 of a JSON object with logins");
  }

  @Test
  void whatNothingHoldsIsPruned() throws Exception {
    byte[] loose = "loose".getBytes(StandardCharsets.UTF_8);
    try (var other = dev.jbuild.store.Store.open(directory.resolve("store"), "other")) {
      other.blobs().put(dev.jbuild.oci.MediaType.OCI_LAYER, loose);
    }
    JsonNode report = json(post("/v1.41/build/prune?all=1&keep-storage=0&filters=%7B%7D"));
    assertThat(report.get("SpaceReclaimed").asLong()).isGreaterThanOrEqualTo(loose.length);
    assertThat(report.get("CachesDeleted")).isNotEmpty();
    assertThat(get("/images/hello:1/json").statusCode()).isEqualTo(200);
    assertThat(refusal(post("/build/prune?filters=%7B%22until%22%3A%5B%22soon%22%5D%7D")))
        .startsWith("400 ");
  }
}
