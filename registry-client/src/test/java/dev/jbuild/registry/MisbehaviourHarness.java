package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.noise;
import static dev.jbuild.registry.fixture.MemoryRegistry.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.fixture.Exchange;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.TestImage;
import dev.jbuild.registry.fixture.TestOptions;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A registry that misbehaves on command, the store of a client that talks to it, and what is asked
 * of both afterwards.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class MisbehaviourHarness {
  static final String REPOSITORY = "team/app";
  static final Platform LINUX = Platform.parse("linux/amd64");
  static final String SECRET = "hunter2-planted-secret";
  static final int FOREVER = Integer.MAX_VALUE;

  @TempDir @Nullable Path folder;
  protected final MemoryRegistry memory = new MemoryRegistry();
  protected final List<TransferEvent> events = new CopyOnWriteArrayList<>();
  final byte[] layer = noise(42, 300_000);
  final TestImage image = TestImage.of(LINUX, List.of(layer));
  final Digest layerDigest = Digest.of(layer);
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

  Path root() {
    Path given = folder;
    if (given == null) {
      throw new IllegalStateException("no folder");
    }
    return given.resolve("store");
  }

  Store store() {
    Store store = Store.open(root(), "test");
    open.add(store);
    return store;
  }

  RegistryOptions.Builder options() {
    return TestOptions.builder().listener(events::add);
  }

  RegistryClient client(Store store, RegistryOptions.Builder builder) {
    RegistryOptions options = builder.build();
    RegistryClient client = new RegistryClient(open(options), options, store);
    open.add(client);
    return client;
  }

  ImageName name() {
    return ImageName.parse(memory.host() + "/" + REPOSITORY + ":1");
  }

  void pull(Store store) {
    Puller puller = client(store, options()).puller();
    puller.fetchLayers(puller.pull(name(), LINUX));
  }

  void pullsAllTheSame() {
    Store store = store();
    pull(store);
    assertThat(store.blobs().read(layerDigest)).isEqualTo(layer);
  }

  /** The failure of a pull, within the time that the contract gives it. */
  protected RegistryFailure pullFails() {
    return catchThrowableOfType(RegistryFailure.class, () -> pull(store()));
  }

  /** The failure of a pull that has little patience: for a server, and for bytes of its answer. */
  RegistryFailure pullFails(Duration answer, Duration idle) {
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
  void storeHasNoLayer() {
    try (Store fresh = Store.open(root(), "check")) {
      assertThat(fresh.blobs().contains(layerDigest)).isFalse();
    }
  }

  void ingestIsEmpty() {
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

  Predicate<Exchange> theLayer() {
    return request("GET", "/blobs/" + layerDigest);
  }
}
