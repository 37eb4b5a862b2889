package dev.jbuild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TagStoreTest {
  @TempDir private Path root;
  private Store store;

  @BeforeEach
  void open() {
    store = Store.open(root, "test");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private Descriptor blob(String text) {
    return store.blobs().put(MediaType.OCI_MANIFEST, text.getBytes(UTF_8));
  }

  @Test
  void aNewStoreIsAnEmptyLayout() throws IOException {
    assertThat(root.resolve("oci-layout")).hasContent("{\"imageLayoutVersion\":\"1.0.0\"}");
    assertThat(root.resolve("index.json"))
        .hasContent(
            """
            {
              "schemaVersion": 2,
              "mediaType": "application/vnd.oci.image.index.v1+json",
              "manifests": []
            }\
            """);
    assertThat(store.tags().list()).isEmpty();
  }

  @Test
  void aNameStandsForWhatWasPutLast() {
    store.tags().put("hello:latest", blob("a"));
    store.tags().put("127.0.0.1:5000/x:1", blob("b"));
    store.tags().put("hello:latest", blob("c"));
    assertThat(store.tags().get("hello:latest").orElseThrow().digest())
        .isEqualTo(Digest.of("c".getBytes(UTF_8)));
    assertThat(store.tags().list().keySet()).containsExactly("127.0.0.1:5000/x:1", "hello:latest");
    assertThat(store.tags().get("hello")).isEmpty();
  }

  @Test
  void anotherHandleSeesIt() {
    store.tags().put("hello:latest", blob("a"));
    try (Store other = Store.open(root, "other")) {
      assertThat(other.tags().list()).containsOnlyKeys("hello:latest");
    }
  }

  @Test
  void removesOnce() {
    store.tags().put("hello:latest", blob("a"));
    assertThat(store.tags().remove("hello:latest")).isTrue();
    assertThat(store.tags().remove("hello:latest")).isFalse();
    assertThat(store.tags().list()).isEmpty();
  }

  @Test
  void aTagNeedsItsTarget() {
    Descriptor absent = Descriptor.of(MediaType.OCI_MANIFEST, "x".getBytes(UTF_8));
    assertThatThrownBy(() -> store.tags().put("x:1", absent))
        .hasMessage("blob " + absent.digest() + " is not in the store");
  }

  @Test
  void keepsWhatOtherToolsWrote() throws IOException {
    Descriptor target = blob("a");
    Files.writeString(
        root.resolve("index.json"),
        """
        {"schemaVersion":2,"x":1,"manifests":[
          {"mediaType":"%s","digest":"%s","size":%d,"odd":{"k":[1,2]}}]}\
        """
            .formatted(target.mediaType(), target.digest(), target.size()));
    store.tags().put("hello:latest", target);
    assertThat(Files.readString(root.resolve("index.json")))
        .contains("\"x\": 1")
        .contains("\"odd\": {")
        .contains("\"org.opencontainers.image.ref.name\": \"hello:latest\"");
  }

  @Test
  void manyWritersLoseNothing() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        String name = "image:" + i;
        all.add(
            threads.submit(() -> {
              try (Store mine = Store.open(root, name)) {
                mine.tags()
                    .put(name, mine.blobs().put(MediaType.OCI_MANIFEST, name.getBytes(UTF_8)));
              }
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
    }
    assertThat(store.tags().list()).hasSize(40);
  }

  @Test
  void leasesOfOpenHandlesAreListed() {
    try (Store build = store.fork("build x")) {
      assertThat(store.leases().list().stream().map(Lease::purpose))
          .containsExactly("test", "build x");
      assertThat(build.lease().pid()).isEqualTo(ProcessHandle.current().pid());
    }
    assertThat(store.leases().list().stream().map(Lease::purpose)).containsExactly("test");
  }
}
