package dev.jbuild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobStoreTest {
  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final Digest HELLO_DIGEST = Digest.of(HELLO);
  private static final MediaType TYPE = MediaType.OCI_LAYER;

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

  @Test
  void storesBytesUnderTheirDigest() throws IOException {
    Descriptor stored = store.blobs().put(TYPE, HELLO);
    assertThat(stored).isEqualTo(Descriptor.of(TYPE, HELLO));
    assertThat(store.blobs().read(HELLO_DIGEST)).isEqualTo(HELLO);
    assertThat(store.blobs().size(HELLO_DIGEST)).hasValue(5);
    assertThat(Files.readAllBytes(root.resolve("blobs/sha256/" + HELLO_DIGEST.hex())))
        .isEqualTo(HELLO);
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void puttingTwiceIsPuttingOnce() {
    store.blobs().put(TYPE, HELLO);
    assertThat(store.blobs().put(TYPE, HELLO)).isEqualTo(Descriptor.of(TYPE, HELLO));
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertThat(store.blobs().contains(HELLO_DIGEST)).isFalse();
    assertThatThrownBy(() -> store.blobs().open(HELLO_DIGEST))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.NOT_FOUND))
        .hasMessage("blob " + HELLO_DIGEST + " is not in the store");
  }

  @Test
  void nothingIsVisibleBeforeTheCommit() throws IOException {
    try (Ingest ingest = store.blobs().begin()) {
      ingest.output().write(HELLO);
      assertThat(store.blobs().contains(HELLO_DIGEST)).isFalse();
      assertThat(ingest.commit()).isEqualTo(HELLO_DIGEST);
      assertThat(store.blobs().contains(HELLO_DIGEST)).isTrue();
    }
  }

  @Test
  void otherBytesThanExpectedAreRefusedAndDropped() throws IOException {
    Digest other = Digest.of(new byte[] {1});
    try (Ingest ingest = store.blobs().begin("ref")) {
      ingest.output().write(HELLO);
      assertThatThrownBy(() -> ingest.commit(other, 5))
          .isInstanceOfSatisfying(
              BuildFailure.class,
              failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT))
          .hasMessage("the 5 bytes received for blob " + other + " hash to " + HELLO_DIGEST);
    }
    assertThat(store.blobs().contains(other)).isFalse();
    assertThat(store.blobs().contains(HELLO_DIGEST)).isFalse();
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void anotherSizeThanExpectedIsRefused() throws IOException {
    try (Ingest ingest = store.blobs().begin()) {
      ingest.output().write(HELLO);
      assertThatThrownBy(() -> ingest.commit(HELLO_DIGEST, 6))
          .hasMessage("blob " + HELLO_DIGEST + " has 5 bytes, not the 6 it should have");
    }
    assertThat(store.blobs().contains(HELLO_DIGEST)).isFalse();
  }

  @Test
  void aSha512IsVerifiedToo() throws IOException {
    Digest right =
        Digest.parse("sha512:" + "0".repeat(128)).verifier().update(HELLO, 0, 5).digest();
    try (Ingest ingest = store.blobs().begin()) {
      ingest.output().write(HELLO);
      ingest.commit(right, 5);
    }
    assertThat(store.blobs().read(right)).isEqualTo(HELLO);
    try (Ingest ingest = store.blobs().begin()) {
      ingest.output().write(HELLO);
      assertThatThrownBy(() -> ingest.commit(Digest.parse("sha512:" + "0".repeat(128)), 5))
          .hasMessageContaining("hash to sha512:");
    }
  }

  @Test
  void anUnfinishedIngestGoesOnWhereItStopped() throws IOException {
    try (Ingest ingest = store.blobs().begin("ref")) {
      ingest.output().write(HELLO, 0, 3);
    }
    store.close();
    store = Store.open(root, "another");
    try (Ingest ingest = store.blobs().begin("ref")) {
      assertThat(ingest.offset()).isEqualTo(3);
      ingest.output().write(HELLO, 3, 2);
      ingest.commit(HELLO_DIGEST, 5);
    }
    assertThat(store.blobs().read(HELLO_DIGEST)).isEqualTo(HELLO);
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void aResumedIngestMayBeginAnew() throws IOException {
    try (Ingest ingest = store.blobs().begin("ref")) {
      ingest.output().write("rubbish".getBytes(UTF_8));
    }
    try (Ingest ingest = store.blobs().begin("ref")) {
      ingest.restart();
      assertThat(ingest.offset()).isZero();
      ingest.output().write(HELLO);
      ingest.commit(HELLO_DIGEST, 5);
    }
  }

  @Test
  void anAbortedIngestLeavesNothing() throws IOException {
    try (Ingest ingest = store.blobs().begin("ref")) {
      ingest.output().write(HELLO);
      ingest.abort();
    }
    try (Ingest ingest = store.blobs().begin("ref")) {
      assertThat(ingest.offset()).isZero();
    }
  }

  @Test
  void anIngestWithoutANameIsGoneAfterClose() throws IOException {
    try (Ingest ingest = store.blobs().begin()) {
      ingest.output().write(HELLO);
    }
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void twoWritersOfOneNameTakeTurns() throws Exception {
    CountDownLatch first = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Ingest ingest = store.blobs().begin("ref");
      ingest.output().write(HELLO, 0, 2);
      Future<Long> second =
          threads.submit(() -> {
            first.countDown();
            try (Ingest other = store.blobs().begin("ref")) {
              return other.offset();
            }
          });
      first.await();
      ingest.output().write(HELLO, 2, 2);
      ingest.close();
      assertThat(second.get()).isEqualTo(4);
    }
  }

  @Test
  void whoWaitedForACommittedIngestBeginsWithNothing() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Ingest ingest = store.blobs().begin("ref");
      Future<Long> second =
          threads.submit(() -> {
            try (Ingest other = store.blobs().begin("ref")) {
              return other.offset();
            }
          });
      ingest.output().write(HELLO);
      ingest.commit(HELLO_DIGEST, 5);
      assertThat(second.get()).isZero();
    }
  }

  @Test
  void manyWritersOfOneBlobAllSucceed() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Descriptor>> all =
          Stream.generate(() -> threads.submit(() -> store.blobs().put(TYPE, HELLO)))
              .limit(50)
              .toList();
      for (Future<Descriptor> each : all) {
        assertThat(each.get().digest()).isEqualTo(HELLO_DIGEST);
      }
    }
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void theReadOfTheLastBytesTellsDamage() throws IOException {
    store.blobs().put(TYPE, HELLO);
    damage();
    try (InputStream in = store.blobs().open(HELLO_DIGEST)) {
      assertThat(in.readNBytes(4)).isEqualTo("hell".getBytes(UTF_8));
      assertThatThrownBy(in::read)
          .isInstanceOfSatisfying(
              BuildFailure.class,
              failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT))
          .hasMessageContaining(HELLO_DIGEST.toString())
          .hasMessageContaining(Digest.of("hellp".getBytes(UTF_8)).toString());
    }
  }

  @Test
  void skippedBytesAreVerifiedToo() throws IOException {
    store.blobs().put(TYPE, HELLO);
    damage();
    try (InputStream in = store.blobs().open(HELLO_DIGEST)) {
      assertThatThrownBy(() -> in.skip(100)).isInstanceOf(BuildFailure.class);
    }
  }

  @Test
  void aBlobOfTheWrongSizeIsReplaced() throws IOException {
    store.blobs().put(TYPE, HELLO);
    Path file = root.resolve("blobs/sha256/" + HELLO_DIGEST.hex());
    Files.delete(file);
    Files.write(file, new byte[2]);
    store.blobs().put(TYPE, HELLO);
    assertThat(store.blobs().read(HELLO_DIGEST)).isEqualTo(HELLO);
  }

  @Test
  void aClosedHandleRefusesWork() {
    store.close();
    assertThatThrownBy(() -> store.blobs().contains(HELLO_DIGEST))
        .hasMessage("the store handle of \"test\" is closed");
  }

  private void damage() throws IOException {
    Path file = root.resolve("blobs/sha256/" + HELLO_DIGEST.hex());
    Files.delete(file);
    Files.write(file, "hellp".getBytes(UTF_8));
  }

  private List<Path> unfinished() {
    try (Stream<Path> files = Files.list(root.resolve("ingest"))) {
      return files.toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
