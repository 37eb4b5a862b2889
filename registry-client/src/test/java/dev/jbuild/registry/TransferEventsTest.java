package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.noise;
import static dev.jbuild.registry.fixture.MemoryRegistry.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.TransferEvent.Direction;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.TestImage;
import dev.jbuild.registry.fixture.TestOptions;
import dev.jbuild.registry.wire.Transports;
import dev.jbuild.store.Store;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a listener hears of one blob's way, over both transports. */
class TransferEventsTest {
  private static final Platform LINUX = Platform.parse("linux/amd64");

  private final MemoryRegistry memory = new MemoryRegistry();
  private final byte[] layer = noise(91, 3_000_000);
  private final TestImage image = TestImage.of(LINUX, List.of(layer));
  private final List<TransferEvent> events = new CopyOnWriteArrayList<>();
  @TempDir Path folder = Path.of("unset");

  @AfterEach
  void stop() {
    memory.close();
  }

  private interface Work {
    void with(RegistryClient client, Store store);
  }

  private void work(RegistryOptions.Transport transport, Work work) {
    RegistryOptions options =
        TestOptions.builder().transport(transport).build().heardBy(events::add);
    try (Store store = Store.open(folder, "test");
        RegistryClient client = new RegistryClient(Transports.open(options), options, store)) {
      work.with(client, store);
    }
  }

  private void pull(RegistryClient client) {
    Puller puller = client.puller();
    puller.fetchLayers(puller.pull(ImageName.parse(memory.host() + "/a:1"), LINUX));
  }

  private Stream<TransferEvent> ofTheLayer() {
    Digest digest = Digest.of(layer);
    return events.stream().filter(event -> event.toString().contains(digest.toString()));
  }

  @ParameterizedTest
  @EnumSource
  void pullTellsOfItsFirstBytesAndItsEnd(RegistryOptions.Transport transport) {
    image.into(memory, "a", "1");
    work(transport, (client, _) -> pull(client));
    RepositoryName place = new RepositoryName(memory.host(), "a");
    Descriptor blob = image.manifest().layers().getFirst();
    assertThat(ofTheLayer())
        .startsWith(
            new TransferEvent.Started(Direction.PULL, place, blob),
            new TransferEvent.Progressed(Direction.PULL, place, blob, 0))
        .endsWith(new TransferEvent.Finished(Direction.PULL, place, blob));
  }

  @ParameterizedTest
  @EnumSource
  void pushTellsOfItsFirstBytesAndOfNoneIfTheBlobIsThere(RegistryOptions.Transport transport) {
    RepositoryName place = new RepositoryName(memory.host(), "b");
    ImageName name = ImageName.parse(memory.host() + "/b:1");
    work(transport, (client, store) -> client.pusher().push(image.into(store), List.of(name)));
    Descriptor blob = image.manifest().layers().getFirst();
    assertThat(ofTheLayer())
        .startsWith(
            new TransferEvent.Started(Direction.PUSH, place, blob),
            new TransferEvent.Progressed(Direction.PUSH, place, blob, 0))
        .endsWith(new TransferEvent.Finished(Direction.PUSH, place, blob));
    events.clear();
    work(transport, (client, store) -> client.pusher().push(image.into(store), List.of(name)));
    assertThat(ofTheLayer())
        .containsExactly(
            new TransferEvent.Started(Direction.PUSH, place, blob),
            new TransferEvent.Skipped(
                Direction.PUSH, place, blob, TransferEvent.Skipped.Reason.PRESENT));
  }

  @ParameterizedTest
  @EnumSource
  void blobThatDoesNotArriveIsToldWithItsFailure(RegistryOptions.Transport transport) {
    image.into(memory, "a", "1");
    memory
        .stub()
        .when(
            request("GET", "/blobs/" + Digest.of(layer)),
            Integer.MAX_VALUE,
            exchange -> exchange.error(403, "DENIED", "not this one"));
    RegistryFailure failure =
        catchThrowableOfType(
            RegistryFailure.class, () -> work(transport, (client, _) -> pull(client)));
    assertThat(ofTheLayer().toList().getLast())
        .isEqualTo(
            new TransferEvent.Failed(
                Direction.PULL,
                new RepositoryName(memory.host(), "a"),
                image.manifest().layers().getFirst(),
                failure));
  }
}
