package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.noise;
import static dev.jbuild.registry.fixture.MemoryRegistry.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.Nobody;
import dev.jbuild.registry.fixture.TestImage;
import dev.jbuild.registry.fixture.TestOptions;
import dev.jbuild.registry.wire.HttpTransport;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images between registries and stores, over the default transport. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ImageTransferTest {
  private static final Platform AMD = Platform.parse("linux/amd64");
  private static final Platform ARM = Platform.parse("linux/arm64");

  @TempDir Path folder = Path.of("unset");
  private final MemoryRegistry memory = new MemoryRegistry();
  private final List<TransferEvent> events = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    memory.close();
  }

  private Store store(String name) {
    Store store = Store.open(folder.resolve(name), "test");
    open.add(store);
    return store;
  }

  private RegistryClient client(Store store, RegistryOptions.Builder builder) {
    RegistryOptions options = builder.listener(events::add).build();
    RegistryClient client = new RegistryClient(new HttpTransport(options), options, store);
    open.add(client);
    return client;
  }

  private RegistryClient client(Store store) {
    return client(store, TestOptions.builder());
  }

  private ImageName name(String rest) {
    return ImageName.parse(memory.host() + "/" + rest);
  }

  private static TestImage image(long seed, int layers) {
    return TestImage.of(
        AMD, IntStream.range(0, layers).mapToObj(i -> noise(seed * 100 + i, 20_000 + i)).toList());
  }

  private long requests(String method, String part) {
    return memory.stub().requests().stream()
        .filter(line -> line.startsWith(method + " ") && line.contains(part))
        .count();
  }

  @Test
  void resolveAsksOnceAndFetchesNothing() {
    TestImage image = image(1, 1);
    image.into(memory, "a", "1");
    Resolved resolved = client(store("s")).puller().resolve(name("a:1"));
    assertThat(resolved.root()).isEqualTo(image.manifest().descriptor());
    assertThat(resolved.pinned()).hasToString(memory.host() + "/a:1@" + image.manifest().digest());
    assertThat(requests("GET", "/manifests/") + requests("GET", "/blobs/")).isZero();
  }

  @Test
  void layersAreNotFetchedBeforeTheyAreAskedFor() {
    TestImage image = image(2, 3);
    image.into(memory, "a", "1");
    Store store = store("s");
    Puller puller = client(store).puller();
    PulledImage pulled = puller.pull(name("a:1"), AMD);
    assertThat(pulled.config()).isEqualTo(image.config());
    assertThat(requests("GET", "/blobs/")).isEqualTo(1);
    assertThat(store.layers().contains(pulled.layers().get(1).diffId())).isTrue();
    puller.fetchLayers(pulled);
    assertThat(requests("GET", "/blobs/")).isEqualTo(4);
    for (int i = 0; i < 3; i++) {
      assertThat(store.blobs().read(pulled.layers().get(i).blob().digest()))
          .isEqualTo(image.layers().get(i));
    }
  }

  @Test
  void whatTheStoreHasIsNeverFetchedAgain() {
    TestImage image = image(3, 2);
    image.into(memory, "a", "1");
    Store store = store("s");
    Puller first = client(store).puller();
    first.fetchLayers(first.pull(name("a:1"), AMD));
    memory.stub().forgetRequests();
    Puller second = client(store).puller();
    second.fetchLayers(second.pull(name("a:1"), AMD));
    assertThat(memory.stub().requests()).containsOnly("GET /v2/", "HEAD /v2/a/manifests/1");
    memory.stub().forgetRequests();
    Puller third = client(store).puller();
    third.fetchLayers(third.pull(name("a:1").at(image.manifest().digest()), AMD));
    assertThat(memory.stub().requests()).isEmpty();
  }

  private ImageIndex twoPlatforms(TestImage amd, TestImage arm) {
    return ImageIndex.of(
        List.of(
            amd.manifest().descriptor().withPlatform(AMD),
            arm.manifest().descriptor().withPlatform(ARM)));
  }

  @Test
  void platformIsChosenAlsoFromANestedIndex() {
    TestImage amd = image(4, 1);
    TestImage arm = TestImage.of(ARM, List.of(noise(401, 1000)));
    amd.into(memory, "a", "amd");
    arm.into(memory, "a", "arm");
    ImageIndex inner = twoPlatforms(amd, arm);
    memory.addManifest("a", "inner", inner.mediaType(), inner.bytes());
    ImageIndex outer = ImageIndex.of(List.of(inner.descriptor()));
    memory.addManifest("a", "outer", outer.mediaType(), outer.bytes());
    PulledImage pulled = client(store("s")).puller().pull(name("a:outer"), ARM);
    assertThat(pulled.manifest().digest()).isEqualTo(arm.manifest().digest());
    assertThat(pulled.root().digest()).isEqualTo(outer.digest());
  }

  @Test
  void missingPlatformNamesThoseThereAre() {
    TestImage amd = image(5, 1);
    TestImage arm = TestImage.of(ARM, List.of(noise(501, 1000)));
    amd.into(memory, "a", "amd");
    arm.into(memory, "a", "arm");
    ImageIndex index = twoPlatforms(amd, arm);
    memory.addManifest("a", "both", index.mediaType(), index.bytes());
    Puller puller = client(store("s")).puller();
    BuildFailure failure =
        catchThrowableOfType(
            BuildFailure.class, () -> puller.pull(name("a:both"), Platform.parse("linux/s390x")));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.NOT_FOUND);
    assertThat(failure.text()).contains("linux/s390x").contains("it has linux/amd64, linux/arm64");
  }

  @Test
  void indexThatHoldsItselfDeeplyEnds() {
    Descriptor[] below = {image(6, 1).into(memory, "a", "leaf")};
    for (int i = 0; i < 20; i++) {
      ImageIndex index = ImageIndex.of(List.of(below[0]));
      below[0] = memory.addManifest("a", "deep", index.mediaType(), index.bytes());
    }
    Puller puller = client(store("s")).puller();
    BuildFailure failure =
        catchThrowableOfType(BuildFailure.class, () -> puller.pull(name("a:deep"), AMD));
    assertThat(failure.text()).contains("indexes deep");
  }

  @Test
  void manifestsAreNotVisibleBeforeTheirBlobsAndTagsComeLast() {
    Store store = store("s");
    TestImage amd = image(7, 2);
    TestImage arm = TestImage.of(ARM, List.of(noise(701, 1000)));
    amd.into(store);
    arm.into(store);
    ImageIndex index = twoPlatforms(amd, arm);
    Descriptor root = store.blobs().put(index.mediaType(), index.bytes());
    client(store).pusher().push(root, List.of(name("p/x:1"), name("p/x:2"), name("q/y:3")));
    assertThat(memory.manifest("p/x", "1")).isEqualTo(index.bytes());
    assertThat(memory.manifest("p/x", "2")).isEqualTo(index.bytes());
    assertThat(memory.manifest("q/y", "3")).isEqualTo(index.bytes());
    List<String> puts =
        memory.stub().requests().stream()
            .filter(line -> line.startsWith("PUT") && line.contains("/manifests/"))
            .toList();
    assertThat(puts)
        .containsExactly(
            "PUT /v2/p/x/manifests/" + amd.manifest().digest(),
            "PUT /v2/p/x/manifests/" + arm.manifest().digest(),
            "PUT /v2/p/x/manifests/1",
            "PUT /v2/p/x/manifests/2",
            "PUT /v2/q/y/manifests/" + amd.manifest().digest(),
            "PUT /v2/q/y/manifests/" + arm.manifest().digest(),
            "PUT /v2/q/y/manifests/3");
  }

  @Test
  void secondRepositoryOfAHostTakesBlobsFromTheFirst() {
    Store store = store("s");
    Descriptor root = image(8, 3).into(store);
    client(store).pusher().push(root, List.of(name("p/x:1"), name("q/y:1")));
    assertThat(events)
        .filteredOn(event ->
            event instanceof TransferEvent.Skipped skipped
                && skipped.reason() == TransferEvent.Skipped.Reason.MOUNTED)
        .hasSize(4);
    assertThat(requests("PUT", "/v2/q/y/blobs/uploads/")).isZero();
  }

  @Test
  void baseWhoseLayersNobodyReadIsMountedAndNeverFetched() {
    TestImage base = image(9, 2);
    base.into(memory, "base", "1");
    Store store = store("s");
    RegistryClient client = client(store);
    PulledImage pulled = client.puller().pull(name("base:1"), AMD);
    client.pusher().push(pulled.root(), List.of(name("derived:1")));
    assertThat(memory.manifest("derived", "1")).isEqualTo(base.manifest().bytes());
    assertThat(store.blobs().contains(pulled.layers().getFirst().blob().digest())).isFalse();
    assertThat(requests("GET", "/blobs/")).as("only the config").isEqualTo(1);
  }

  @Test
  void baseFromAnotherRegistryIsCopiedWhenItIsPushed() {
    TestImage base = image(10, 2);
    base.into(memory, "base", "1");
    Store store = store("s");
    try (MemoryRegistry other = new MemoryRegistry()) {
      RegistryClient client = client(store);
      PulledImage pulled = client.puller().pull(name("base:1"), AMD);
      client.pusher().push(pulled.root(), List.of(ImageName.parse(other.host() + "/derived:1")));
      assertThat(other.manifest("derived", "1")).isEqualTo(base.manifest().bytes());
      assertThat(other.blob("derived", Digest.of(base.layers().getFirst())))
          .isEqualTo(base.layers().getFirst());
    }
  }

  @Test
  void layersGoOutWhileTheImageIsStillBeingMade() {
    Store store = store("s");
    TestImage image = image(11, 2);
    byte[] early = image.layers().getFirst();
    try (PushSession session = client(store).pusher().begin(List.of(name("p:1")))) {
      session.offer(store.blobs().put(MediaType.OCI_LAYER, early));
      while (memory.blob("p", Digest.of(early)) == null) {
        Thread.onSpinWait();
      }
      assertThat(memory.manifest("p", "1")).isNull();
      Descriptor root = image.into(store);
      session.finish(root);
    }
    assertThat(memory.manifest("p", "1")).isEqualTo(image.manifest().bytes());
    assertThat(requests("POST", "/v2/p/blobs/uploads/")).isEqualTo(3);
  }

  @Test
  void abandonedPushLeavesNoName() {
    Store store = store("s");
    TestImage image = image(12, 1);
    try (PushSession session = client(store).pusher().begin(List.of(name("p:1")))) {
      session.offer(store.blobs().put(MediaType.OCI_LAYER, image.layers().getFirst()));
    }
    assertThat(memory.manifest("p", "1")).isNull();
  }

  @Test
  void failureOfABlobThatWasOfferedIsThrownByFinish() {
    Store store = store("s");
    Descriptor root = image(13, 2).into(store);
    memory
        .stub()
        .when(
            request("POST", "/blobs/uploads/"),
            Integer.MAX_VALUE,
            exchange -> exchange.error(403, "DENIED", "no room for you"));
    Pusher pusher = client(store).pusher();
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> pusher.push(root, List.of(name("p:1"))));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAUTHORIZED);
    assertThat(failure.text()).contains("no room for you");
  }

  @Test
  void mirrorIsAskedFirstAndTheRegistryWhenItFails() {
    try (MemoryRegistry mirror = new MemoryRegistry()) {
      TestImage image = image(14, 2);
      image.into(memory, "team/a", "1");
      image.into(mirror, "proxy/team/a", "1");
      // The mirror has lost a layer.
      Digest lost = Digest.of(image.layers().get(1));
      mirror
          .stub()
          .when(
              request("GET", lost.toString()),
              Integer.MAX_VALUE,
              exchange -> exchange.error(404, "BLOB_UNKNOWN", "gone"));
      Store store = store("s");
      Puller puller =
          client(
                  store,
                  TestOptions.builder().mirror(memory.host() + "=" + mirror.host() + "/proxy"))
              .puller();
      PulledImage pulled = puller.pull(name("team/a:1"), AMD);
      puller.fetchLayers(pulled);
      assertThat(pulled.name().repository().host()).isEqualTo(memory.host());
      assertThat(store.blobs().read(lost)).isEqualTo(image.layers().get(1));
      assertThat(requests("GET", "/manifests/") + requests("HEAD", "/manifests/")).isZero();
      assertThat(requests("GET", "/blobs/")).isEqualTo(1);
      assertThat(events).hasAtLeastOneElementOfType(TransferEvent.MirrorFailed.class);
    }
  }

  @Test
  void mirrorThatIsDownIsPassedOver() {
    TestImage image = image(15, 1);
    image.into(memory, "team/a", "1");
    Store store = store("s");
    try (Nobody mirror = new Nobody()) {
      Puller puller =
          client(store, TestOptions.builder().mirror(memory.host() + "=" + mirror.host())).puller();
      puller.fetchLayers(puller.pull(name("team/a:1"), AMD));
    }
    assertThat(store.blobs().contains(Digest.of(image.layers().getFirst()))).isTrue();
  }

  @Test
  void hostGetsNoMoreConnectionsThanAllowed() {
    TestImage image = image(17, 12);
    image.into(memory, "a", "1");
    Puller puller =
        client(store("s"), TestOptions.builder().connectionsPerHost(3).parallelTransfers(8))
            .puller();
    PulledImage pulled = puller.pull(name("a:1"), AMD);
    CountDownLatch three = new CountDownLatch(3);
    memory
        .stub()
        .when(
            request("GET", "/blobs/"),
            Integer.MAX_VALUE,
            exchange -> {
              three.countDown();
              await(three);
              memory.serveBlob(
                  exchange,
                  memory.blob("a", Digest.parse(exchange.path().replaceFirst(".*/blobs/", ""))));
            });
    puller.fetchLayers(pulled);
    assertThat(memory.stub().mostAtOnce()).isEqualTo(3);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void tagsComeInPages() {
    memory.pageSize = 2;
    Descriptor root = image(18, 1).into(memory, "a", "t0");
    for (int i = 1; i < 7; i++) {
      byte[] bytes = memory.manifest("a", "t0");
      assertThat(bytes).isNotNull();
      memory.addManifest("a", "t" + i, root.mediaType(), bytes == null ? new byte[0] : bytes);
    }
    assertThat(client(store("s")).puller().tags(name("a:t0").repository()))
        .containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6");
  }

  @Test
  void largeBlobIsFetchedInParallelRangesInOrder() throws IOException {
    byte[] large = noise(19, 60 << 20);
    TestImage image = TestImage.of(AMD, List.of(large));
    image.into(memory, "a", "1");
    Digest digest = Digest.of(large);
    memory
        .stub()
        .when(request("GET", digest.toString()), 1, memory.breakBlobAfter("a", digest, 5_000_000));
    Store store = store("s");
    Puller puller = client(store).puller();
    puller.fetchLayers(puller.pull(name("a:1"), AMD));
    try (InputStream in = store.blobs().open(digest)) {
      assertThat(in.readAllBytes()).isEqualTo(large);
    }
    assertThat(requests("GET", "/blobs/" + digest)).isGreaterThan(5);
  }

  @Test
  void blobInterruptedByACrashGoesOnWhereItWas() {
    byte[] layer = noise(20, 400_000);
    TestImage image = TestImage.of(AMD, List.of(layer));
    image.into(memory, "a", "1");
    Digest digest = Digest.of(layer);
    memory
        .stub()
        .when(
            request("GET", digest.toString()),
            Integer.MAX_VALUE,
            memory.breakBlobAfter("a", digest, 300_000));
    Store store = store("s");
    RegistryOptions.Builder impatient =
        TestOptions.builder()
            .retries(
                new RetryPolicy(
                    1, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(1)));
    Puller broken = client(store, impatient).puller();
    PulledImage pulled = broken.pull(name("a:1"), AMD);
    assertThat(catchThrowableOfType(RegistryFailure.class, () -> broken.fetchLayers(pulled)).kind())
        .isEqualTo(BuildFailure.Kind.UNAVAILABLE);
    memory.stub().clearRules();
    List<String> ranges = new CopyOnWriteArrayList<>();
    memory
        .stub()
        .when(
            request("GET", digest.toString()),
            1,
            exchange -> {
              ranges.add(exchange.header("Range").orElse("none"));
              memory.serveBlob(exchange, layer);
            });
    Puller again = client(store).puller();
    again.fetchLayers(again.pull(name("a:1"), AMD));
    assertThat(store.blobs().read(digest)).isEqualTo(layer);
    assertThat(ranges).hasSize(1).doesNotContain("none");
  }
}
