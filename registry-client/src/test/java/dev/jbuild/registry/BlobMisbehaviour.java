package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.damaged;
import static dev.jbuild.registry.fixture.MemoryRegistry.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Digest;
import java.io.OutputStream;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every transport does with a registry that misbehaves. Here are blobs that break off, are
 * damaged, of another length or without an end.
 */
abstract class BlobMisbehaviour extends MisbehaviourHarness {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1023, 150_000, 299_999})
  void dropInTheMiddleOfABlobIsOvercome(int after) {
    memory.stub().when(theLayer(), 1, memory.breakBlobAfter(REPOSITORY, layerDigest, after));
    pullsAllTheSame();
  }

  @Test
  void dropsAreOvercomeThoughThereAreNoRanges() {
    memory.ranges = false;
    memory.stub().when(theLayer(), 1, memory.breakBlobAfter(REPOSITORY, layerDigest, 200_000));
    memory.stub().when(theLayer(), 1, memory.breakBlobAfter(REPOSITORY, layerDigest, 250_000));
    pullsAllTheSame();
  }

  @Test
  void dropsAreOvercomeThoughRangesAreRefused() {
    memory
        .stub()
        .when(
            exchange -> theLayer().test(exchange) && exchange.header("Range").isPresent(),
            FOREVER,
            exchange -> exchange.error(416, "RANGE_INVALID", "invalid content range"));
    memory.stub().when(theLayer(), 1, memory.breakBlobAfter(REPOSITORY, layerDigest, 200_000));
    pullsAllTheSame();
  }

  @Test
  void blobThatNeverComesWholeIsAnErrorAndInvisible() {
    memory.stub().when(theLayer(), FOREVER, memory.breakBlobAfter(REPOSITORY, layerDigest, 0));
    RegistryFailure failure = pullFails();
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
    assertThat(failure.text()).contains(layerDigest.toString()).contains(REPOSITORY);
    storeHasNoLayer();
  }

  @Test
  void damagedBlobIsFetchedOnceMore() {
    memory.stub().when(theLayer(), 1, exchange -> memory.serveBlob(exchange, damaged(layer)));
    pullsAllTheSame();
  }

  @Test
  void blobWithAnotherDigestIsAnErrorThatNamesBoth() {
    byte[] wrong = damaged(layer);
    memory.stub().when(theLayer(), FOREVER, exchange -> memory.serveBlob(exchange, wrong));
    RegistryFailure failure = pullFails();
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
    assertThat(failure.text())
        .contains(layerDigest.toString())
        .contains(Digest.of(wrong).toString());
    storeHasNoLayer();
    ingestIsEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {299_999, 300_001})
  void blobOfAnotherLengthIsAnError(int length) {
    byte[] wrong = noise(43, length);
    memory.stub().when(theLayer(), FOREVER, exchange -> memory.serveBlob(exchange, wrong));
    RegistryFailure failure = pullFails();
    assertThat(failure.text()).contains(layerDigest.toString());
    storeHasNoLayer();
  }

  @Test
  void endlessBlobIsCutOff() {
    memory
        .stub()
        .when(
            theLayer(),
            FOREVER,
            exchange -> {
              OutputStream out = exchange.head(200, Map.of("Connection", "close"));
              byte[] more = noise(44, 64 * 1024);
              while (true) {
                out.write(more);
              }
            });
    RegistryFailure failure = pullFails();
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
    assertThat(failure.text()).contains("longer than 300000 bytes");
    storeHasNoLayer();
  }
}
