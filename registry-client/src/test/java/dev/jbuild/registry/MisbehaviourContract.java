package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.damaged;
import static dev.jbuild.registry.fixture.MemoryRegistry.noise;
import static dev.jbuild.registry.fixture.MemoryRegistry.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.fixture.BlinkingNames;
import dev.jbuild.registry.fixture.Exchange;
import dev.jbuild.registry.fixture.HttpStub;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.TestImage;
import dev.jbuild.registry.fixture.TestOptions;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every transport does with a registry that misbehaves: it ends in success after another try,
 * or in one clear error in time, and the store holds nothing that is not whole.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class MisbehaviourContract {
  private static final String REPOSITORY = "team/app";
  private static final Platform LINUX = Platform.parse("linux/amd64");
  private static final String SECRET = "hunter2-planted-secret";
  private static final int FOREVER = Integer.MAX_VALUE;

  @TempDir @Nullable Path folder;
  protected final MemoryRegistry memory = new MemoryRegistry();
  protected final List<TransferEvent> events = new CopyOnWriteArrayList<>();
  private final byte[] layer = noise(42, 300_000);
  private final TestImage image = TestImage.of(LINUX, List.of(layer));
  private final Digest layerDigest = Digest.of(layer);
  private final List<AutoCloseable> open = new ArrayList<>();

  /** The transport under test. */
  protected abstract Registry open(RegistryOptions options);

  /** Whether an upload goes on where it broke, and on its own when it is not told where. */
  protected boolean resumesUploads() {
    return true;
  }

  @BeforeEach
  void fill() {
    image.into(memory, REPOSITORY, "1");
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
    memory.close();
  }

  private Path root() {
    Path given = folder;
    if (given == null) {
      throw new IllegalStateException("no folder");
    }
    return given.resolve("store");
  }

  private Store store() {
    Store store = Store.open(root(), "test");
    open.add(store);
    return store;
  }

  private RegistryOptions.Builder options() {
    return TestOptions.builder().listener(events::add);
  }

  private RegistryClient client(Store store, RegistryOptions.Builder builder) {
    RegistryOptions options = builder.build();
    RegistryClient client = new RegistryClient(open(options), options, store);
    open.add(client);
    return client;
  }

  private ImageName name() {
    return ImageName.parse(memory.host() + "/" + REPOSITORY + ":1");
  }

  private void pull(Store store) {
    Puller puller = client(store, options()).puller();
    puller.fetchLayers(puller.pull(name(), LINUX));
  }

  private void pullsAllTheSame() {
    Store store = store();
    pull(store);
    assertThat(store.blobs().read(layerDigest)).isEqualTo(layer);
  }

  /** The failure of a pull, within the time that the contract gives it. */
  protected RegistryFailure pullFails() {
    return catchThrowableOfType(RegistryFailure.class, () -> pull(store()));
  }

  /** The failure of a pull that has little patience: for a server, and for bytes of its answer. */
  private RegistryFailure pullFails(Duration answer, Duration idle) {
    Timeouts times = TestOptions.PATIENT;
    RegistryOptions.Builder impatient =
        options()
            .timeouts(
                new Timeouts(
                    answer, answer, idle, times.idleBytes(), times.commit(), times.helper()));
    Puller puller = client(store(), impatient).puller();
    return catchThrowableOfType(
        RegistryFailure.class, () -> puller.fetchLayers(puller.pull(name(), LINUX)));
  }

  /** Nothing visible that was not verified, and no half-written file but what can be resumed. */
  private void storeHasNoLayer() {
    try (Store fresh = Store.open(root(), "check")) {
      assertThat(fresh.blobs().contains(layerDigest)).isFalse();
    }
  }

  private void ingestIsEmpty() {
    try (Stream<Path> left = Files.walk(root().resolve("ingest"))) {
      assertThat(left.filter(Files::isRegularFile).filter(file -> size(file) > 0)).isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Predicate<Exchange> theLayer() {
    return request("GET", "/blobs/" + layerDigest);
  }

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

  @Test
  void burstOf503IsWaitedOut() {
    HttpStub.Handler busy = exchange -> exchange.error(503, "UNAVAILABLE", "try later");
    memory.stub().when(request("GET", "/manifests/"), 2, busy);
    memory.stub().when(theLayer(), 3, busy);
    pullsAllTheSame();
    assertThat(events).hasAtLeastOneElementOfType(TransferEvent.Retrying.class);
  }

  @Test
  void lasting503IsAnErrorInTheRegistrysWords() {
    memory
        .stub()
        .when(
            theLayer(), FOREVER, exchange -> exchange.error(503, "UNAVAILABLE", "storage is down"));
    RegistryFailure failure = pullFails();
    assertThat(failure.status()).isEqualTo(503);
    assertThat(failure.text()).contains("503 UNAVAILABLE \"storage is down\"");
    storeHasNoLayer();
  }

  @Test
  void retryAfterIsObeyed() {
    memory
        .stub()
        .when(
            theLayer(),
            1,
            exchange ->
                exchange.error(429, "TOOMANYREQUESTS", "slow down", Map.of("Retry-After", "1")));
    pullsAllTheSame();
    assertThat(events)
        .filteredOn(TransferEvent.Retrying.class::isInstance)
        .map(TransferEvent.Retrying.class::cast)
        .anySatisfy(
            event -> assertThat(event.pause()).isGreaterThanOrEqualTo(Duration.ofSeconds(1)));
  }

  @Test
  void retryAfterBeyondPatienceFailsAtOnceAndSaysWhen() {
    AtomicInteger asked = new AtomicInteger();
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/manifests/"),
            FOREVER,
            exchange -> {
              asked.incrementAndGet();
              exchange.error(
                  429,
                  "TOOMANYREQUESTS",
                  "You have reached your pull rate limit",
                  Map.of("Retry-After", "3600"));
            });
    RegistryFailure failure = pullFails();
    assertThat(failure.status()).isEqualTo(429);
    assertThat(failure.code()).contains("TOOMANYREQUESTS");
    assertThat(failure.text()).contains("pull rate limit");
    assertThat(failure.hint()).hasValueSatisfying(hint -> assertThat(hint).contains("mirror"));
    assertThat(asked).hasValueLessThanOrEqualTo(2);
  }

  @Test
  void bodyThatTricklesIsGivenUp() {
    memory
        .stub()
        .when(
            theLayer(),
            FOREVER,
            exchange -> {
              OutputStream out =
                  exchange.head(200, Map.of("Content-Length", Integer.toString(layer.length)));
              for (byte b : layer) {
                out.write(b);
                out.flush();
                pause(20);
              }
            });
    RegistryFailure failure = pullFails(TestOptions.PATIENT.response(), Duration.ofMillis(600));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
    assertThat(failure.text()).contains("bytes arrived in 600 ms");
    storeHasNoLayer();
  }

  @Test
  void nameThatIsNotFoundForAMomentIsLookedUpAgain() {
    String host = BlinkingNames.goneFor(2) + ":" + memory.port();
    assertThat(tagsOf(host)).containsExactly("1");
    assertThat(events)
        .filteredOn(TransferEvent.Retrying.class::isInstance)
        .map(TransferEvent.Retrying.class::cast)
        .hasSize(2)
        .allSatisfy(event ->
            assertThat(event.cause())
                .contains("cannot be resolved", "Temporary failure in name resolution"))
        .allSatisfy(event -> assertThat(event.pause()).isPositive());
  }

  @Test
  void nameThatIsNeverFoundIsOneErrorAfterAllAttempts() {
    String host = BlinkingNames.goneFor(FOREVER);
    RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, () -> tagsOf(host));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
    assertThat(failure.text())
        .isEqualTo(
            "list tags of "
                + host
                + "/team/app: the host name cannot be resolved ("
                + host
                + ": Temporary failure in name resolution) (4 attempts)");
  }

  private List<String> tagsOf(String host) {
    RegistryOptions options = options().insecureRegistry(host).build();
    try (Registry registry = open(options)) {
      return registry.tags(new RepositoryName(host, REPOSITORY));
    }
  }

  @Test
  void silenceIsGivenUp() {
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/manifests/"),
            FOREVER,
            exchange -> pause(120_000));
    RegistryFailure failure = pullFails(Duration.ofMillis(500), TestOptions.PATIENT.idle());
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void endlessRedirectsAreGivenUp() {
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/blobs/"),
            FOREVER,
            exchange -> exchange.answer(307, Map.of("Location", exchange.path() + "?again=1")));
    RegistryFailure failure = pullFails();
    assertThat(failure.text()).contains("redirect");
  }

  @Test
  void redirectToAnotherHostBringsNoCredentialAlong() {
    AtomicReference<@Nullable String> seen = new AtomicReference<>("nobody came");
    try (HttpStub elsewhere =
        new HttpStub(exchange -> {
          seen.set(exchange.header("Authorization").orElse(null));
          memory.serveBlob(exchange, layer);
        })) {
      memory.guard(basic());
      memory
          .stub()
          .when(
              theLayer(),
              FOREVER,
              exchange ->
                  exchange.answer(
                      307, Map.of("Location", "http://" + elsewhere.host() + "/x?sig=" + SECRET)));
      Store store = store();
      Puller puller = client(store, options().credentials(password())).puller();
      puller.fetchLayers(puller.pull(name(), LINUX));
      assertThat(store.blobs().read(layerDigest)).isEqualTo(layer);
    }
    assertThat(seen.get()).isNull();
  }

  private CredentialStore password() {
    return CredentialStore.fixed(
        memory.host(),
        new Credential.Password("ann", SECRET, "/home/ann/.docker/config.json"),
        CredentialStore.anonymous());
  }

  private static HttpStub.Handler basic() {
    String wanted = new Credential.Password("ann", SECRET, "test").basicHeader();
    return exchange -> {
      if (!exchange.header("Authorization").orElse("").equals(wanted)) {
        exchange.error(
            401,
            "UNAUTHORIZED",
            "authentication required",
            Map.of("WWW-Authenticate", "Basic realm=\"test\""));
      }
    };
  }

  @Test
  void refusalNamesTheCredentialAndItsSourceButNoSecret() {
    memory.guard(exchange -> {
      if (exchange.header("Authorization").isEmpty()) {
        exchange.error(
            401, "UNAUTHORIZED", "who?", Map.of("WWW-Authenticate", "Basic realm=\"test\""));
      } else {
        exchange.error(403, "DENIED", "requested access to the resource is denied");
      }
    });
    Puller puller = client(store(), options().credentials(password())).puller();
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> puller.pull(name(), LINUX));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAUTHORIZED);
    assertThat(failure.text())
        .contains("403 DENIED \"requested access to the resource is denied\"")
        .contains("user \"ann\" from /home/ann/.docker/config.json")
        .doesNotContain(SECRET);
    assertThat(failure.hint()).isPresent();
    assertThat(events.toString()).doesNotContain(SECRET);
  }

  @Test
  void credentialThatTheRegistryQuotesIsNotTold() {
    memory.guard(exchange -> {
      Optional<String> sent = exchange.header("Authorization");
      if (sent.isEmpty()) {
        exchange.error(
            401, "UNAUTHORIZED", "who?", Map.of("WWW-Authenticate", "Basic realm=\"test\""));
      } else {
        String pair = sent.get().substring("Basic ".length());
        exchange.error(
            403,
            "DENIED",
            "bad "
                + pair
                + " "
                + new String(Base64.getDecoder().decode(pair), StandardCharsets.UTF_8)
                + " here");
      }
    });
    Puller puller = client(store(), options().credentials(password())).puller();
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> puller.pull(name(), LINUX));
    assertThat(failure.text()).contains("403 DENIED \"bad *** ann:*** here\"");
  }

  private byte[] large() {
    return noise(77, 3_000_000);
  }

  private void pushesAllTheSame() {
    pushes(client(store(), options()), large());
  }

  private void pushes(RegistryClient client, byte[] bytes) {
    try (Store store = Store.open(root(), "test")) {
      Descriptor root = TestImage.of(LINUX, List.of(bytes)).into(store);
      ImageName target = ImageName.parse(memory.host() + "/pushed/app:2");
      assertThat(client.pusher().push(root, List.of(target))).isEqualTo(root.digest());
      assertThat(memory.blob("pushed/app", Digest.of(bytes))).isEqualTo(bytes);
      assertThat(memory.manifest("pushed/app", "2")).isNotNull();
    }
  }

  private static boolean uploading(Exchange exchange) {
    return exchange.path().contains("/blobs/uploads/")
        && (exchange.method().equals("PATCH") || exchange.method().equals("PUT"))
        && exchange.header("Content-Length").filter("0"::equals).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1_500_000})
  void dropInTheMiddleOfAnUploadIsOvercome(int after) {
    memory.stub().when(MisbehaviourContract::uploading, 1, memory.breakUploadAfter(after));
    pushesAllTheSame();
  }

  @Test
  void dropIsOvercomeWhenTheRegistryKeptNothing() {
    memory.keepsBroken = false;
    memory.stub().when(MisbehaviourContract::uploading, 1, memory.breakUploadAfter(2_000_000));
    pushesAllTheSame();
  }

  @Test
  void dropIsOvercomeWhenTheRegistryForgotTheUpload() {
    HttpStub.Handler breaking = memory.breakUploadAfter(1_000_000);
    memory
        .stub()
        .when(
            MisbehaviourContract::uploading,
            1,
            exchange -> {
              breaking.handle(exchange);
              memory.forgetUploads();
            });
    pushesAllTheSame();
  }

  @Test
  void uploadGoesOnThoughAnswersForgetTheLocation() {
    memory.tellsLocation = false;
    if (resumesUploads()) {
      pushesAllTheSame();
      return;
    }
    RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, this::pushesAllTheSame);
    assertThat(failure.text()).contains("Location");
  }

  @Test
  void uploadWithoutALocationIsAnError() {
    memory
        .stub()
        .when(
            request("POST", "/blobs/uploads/"),
            FOREVER,
            exchange -> exchange.answer(202, Map.of()));
    RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, this::pushesAllTheSame);
    assertThat(failure.text()).contains("Location");
  }

  @Test
  void burstOf503DuringAnUploadIsWaitedOut() {
    HttpStub.Handler busy = exchange -> exchange.error(503, "UNAVAILABLE", "try later");
    memory.stub().when(request("POST", "/blobs/uploads/"), 2, busy);
    memory.stub().when(MisbehaviourContract::uploading, 2, busy);
    memory.stub().when(request("PUT", "/manifests/"), 2, busy);
    pushesAllTheSame();
  }

  @Test
  void uploadThatArrivesDamagedIsSentOnceMore() {
    AtomicInteger count = new AtomicInteger();
    memory
        .stub()
        .when(
            exchange ->
                exchange.path().contains("/blobs/uploads/")
                    && exchange.method().equals("PUT")
                    && count.getAndIncrement() == 0,
            1,
            exchange -> {
              exchange.body();
              memory.forgetUploads();
              exchange.error(400, "DIGEST_INVALID", "provided digest did not match");
            });
    pushesAllTheSame();
  }

  @Test
  void refusedPushSaysSoBeforeALongBuild() {
    memory.guard(exchange -> {
      if (exchange.method().equals("POST")) {
        exchange.error(403, "DENIED", "read only");
      }
    });
    RegistryClient client = client(store(), options());
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> client.pusher().probe(name()));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAUTHORIZED);
    assertThat(failure.text()).contains("403 DENIED \"read only\"").contains(REPOSITORY);
  }

  @Test
  void tokenThatEndsDuringAnUploadIsRenewed() {
    AtomicInteger number = new AtomicInteger();
    Set<String> good = ConcurrentHashMap.newKeySet();
    try (HttpStub tokens =
        new HttpStub(exchange -> {
          String token = "token-" + number.incrementAndGet();
          good.add("Bearer " + token);
          String json = "{\"token\":\"" + token + "\",\"expires_in\":300}";
          exchange.answer(200, Map.of(), json.getBytes(StandardCharsets.UTF_8));
        })) {
      memory.guard(exchange -> {
        if (!good.contains(exchange.header("Authorization").orElse(""))) {
          exchange.error(
              401,
              "UNAUTHORIZED",
              "token expired",
              Map.of(
                  "WWW-Authenticate",
                  "Bearer realm=\"http://"
                      + tokens.host()
                      + "/token\",service=\"s\",scope=\"repository:pushed/app:pull,push\""));
        }
      });
      // The token ends exactly when the first large body is under way.
      memory
          .stub()
          .when(
              MisbehaviourContract::uploading,
              1,
              exchange -> {
                exchange.body();
                good.clear();
                exchange.error(
                    401,
                    "UNAUTHORIZED",
                    "token expired",
                    Map.of(
                        "WWW-Authenticate",
                        "Bearer realm=\"http://" + tokens.host() + "/token\",service=\"s\""));
              });
      pushesAllTheSame();
    }
  }
}
