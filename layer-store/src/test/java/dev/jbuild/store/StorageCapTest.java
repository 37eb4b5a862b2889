package dev.jbuild.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageCapTest {
  private static final int KIB = 1024;

  @TempDir private Path root;
  private Store server;

  @BeforeEach
  void open() {
    server = Store.open(root, "server");
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static byte[] bytes(int seed, int kib) {
    byte[] bytes = new byte[kib * KIB];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static Descriptor put(Store store, int seed, int kib) {
    return store.blobs().put(MediaType.OCI_LAYER, bytes(seed, kib));
  }

  @Test
  void manyBuildsNeverTakeMoreThanTheCap() {
    server.capAt(1024 * KIB);
    for (int i = 0; i < 40; i++) {
      try (Store build = server.fork("build " + i)) {
        put(build, i, 100);
        assertThat(server.usage().total()).isLessThanOrEqualTo(1024 * KIB);
      }
    }
    // It is a cap, not a flush: most of what fits is there still.
    assertThat(server.usage().total()).isGreaterThan(600 * KIB);
  }

  @Test
  void aWriteThatWouldPassTheCapFailsAndSaysWhatHoldsTheRest() {
    server.capAt(512 * KIB);
    try (Store build = server.fork("build big:1")) {
      Descriptor first = put(build, 1, 400);
      assertThatThrownBy(() -> put(build, 2, 400))
          .isInstanceOfSatisfying(
              BuildFailure.class,
              failure -> {
                assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
                assertThat(failure).hasMessageContaining("(build big:1) holds");
              });
      assertThat(build.blobs().contains(first.digest())).isTrue();
      assertThat(build.blobs().contains(Digest.of(bytes(2, 400)))).isFalse();
    }
    assertThat(root.resolve("ingest")).isEmptyDirectory();
    // Nobody holds the first any more, so the second finds room.
    try (Store build = server.fork("build big:2")) {
      put(build, 2, 400);
    }
    assertThat(server.check(false).isClean()).isTrue();
  }

  @Test
  void aTaggedBlobIsNotRemovedForAnother() {
    server.capAt(512 * KIB);
    Descriptor tagged;
    try (Store build = server.fork("build")) {
      tagged = put(build, 1, 400);
      build.tags().put("keep:1", tagged);
    }
    try (Store build = server.fork("build")) {
      assertThatThrownBy(() -> put(build, 2, 400))
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining("tag keep:1 holds");
      assertThat(build.blobs().contains(tagged.digest())).isTrue();
    }
  }

  @Test
  void layersCountLikeBlobsAndWhatOthersWroteIsMeasured() {
    server.capAt(1024 * KIB);
    try (Store other = Store.open(root, "another process")) {
      put(other, 1, 900);
      assertThatThrownBy(() ->
              server
                  .layers()
                  .write(
                      Compression.uncompressed(),
                      LayerWriter.Options.CANONICAL,
                      writer -> {
                        writer.write(
                            new dev.jbuild.layer.TreeEntry.RegularFile(
                                dev.jbuild.linux.BytePath.of("file"),
                                dev.jbuild.layer.Attributes.of(0644, 0, 0, java.time.Instant.EPOCH),
                                200 * KIB,
                                dev.jbuild.layer.ContentSource.of(bytes(3, 200))));
                        writer.finish();
                      }))
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining("(another process) holds");
    }
  }

  @Test
  void aLowerCapIsKeptAtOnceWhenAsked() {
    try (Store build = server.fork("build")) {
      put(build, 1, 300);
      put(build, 2, 300);
    }
    server.keepCap();
    assertThat(server.usage().total()).isGreaterThan(600 * KIB);
    server.capAt(400 * KIB);
    server.keepCap();
    assertThat(server.usage().total()).isLessThanOrEqualTo(400 * KIB);
  }
}
