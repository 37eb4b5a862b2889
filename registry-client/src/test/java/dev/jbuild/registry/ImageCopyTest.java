package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.ImageLocation;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.TestImage;
import dev.jbuild.registry.fixture.TestOptions;
import dev.jbuild.registry.wire.HttpTransport;
import dev.jbuild.store.Store;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Copies between places, and what refers to an image. */
@Timeout(300)
class ImageCopyTest {
  private static final Platform AMD = Platform.parse("linux/amd64");
  private static final Platform ARM = Platform.parse("linux/arm64");
  private static final byte[] EMPTY = "{}".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder = Path.of("unset");
  private final MemoryRegistry memory = new MemoryRegistry();
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
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

  private RegistryClient client(Store store) {
    RegistryOptions options = TestOptions.builder().build();
    RegistryClient client = new RegistryClient(new HttpTransport(options), options, store);
    open.add(client);
    return client;
  }

  private ImageName name(String rest) {
    return ImageName.parse(memory.host() + "/" + rest);
  }

  private static ImageLocation at(MemoryRegistry registry, String rest) {
    return new ImageLocation.InRegistry(registry.host() + "/" + rest);
  }

  private static TestImage image(long seed, int layers) {
    return TestImage.of(
        AMD, IntStream.range(0, layers).mapToObj(i -> noise(seed * 100 + i, 20_000 + i)).toList());
  }

  private static ImageIndex twoPlatforms(TestImage amd, TestImage arm) {
    return ImageIndex.of(
        List.of(
            amd.manifest().descriptor().withPlatform(AMD),
            arm.manifest().descriptor().withPlatform(ARM)));
  }

  @Test
  void copyKeepsUnknownFieldsAndOtherPlatforms() throws Exception {
    TestImage amd = image(21, 1);
    TestImage arm = TestImage.of(ARM, List.of(noise(2101, 1000)));
    amd.into(memory, "a", "amd");
    arm.into(memory, "a", "arm");
    byte[] odd =
        new String(twoPlatforms(amd, arm).bytes(), StandardCharsets.UTF_8)
            .replaceFirst("\\{", "{ \"x-unknown\": {\"deep\": [1.0, null]},")
            .getBytes(StandardCharsets.UTF_8);
    memory.addManifest("a", "odd", MediaType.OCI_INDEX, odd);
    Store store = store("s");
    try (MemoryRegistry other = new MemoryRegistry()) {
      ImageCopy copy = new ImageCopy(client(store), store);
      ImageLocation there = at(other, "b:odd");
      copy.copy(at(memory, "a:odd"), there);
      assertThat(other.manifest("b", "odd")).isEqualTo(odd);
      assertThat(other.blob("b", Digest.of(arm.layers().getFirst()))).isNotNull();
      Path archive = folder.resolve("x.tar");
      copy.copy(there, ImageLocation.parse("oci-archive:" + archive + ":odd"));
      copy.copy(
          ImageLocation.parse("oci-archive:" + archive),
          ImageLocation.parse("oci:" + folder.resolve("layout") + ":odd"));
      copy.copy(
          ImageLocation.parse("oci:" + folder.resolve("layout") + ":odd"), at(memory, "back:odd"));
      assertThat(memory.manifest("back", "odd")).isEqualTo(odd);
      assertThat(store.tags().list()).isEmpty();
    }
  }

  @Test
  void subjectIsListedByTagWhereThereIsNoApi() {
    memory.listsReferrers = false;
    Store store = store("s");
    TestImage image = image(16, 1);
    Descriptor root = image.into(store);
    Pusher pusher = client(store).pusher();
    pusher.push(root, List.of(name("p:1")));
    byte[] empty = "{}".getBytes(StandardCharsets.UTF_8);
    Descriptor config = store.blobs().put(MediaType.OCI_EMPTY, empty);
    List<Digest> referrers = new ArrayList<>();
    for (String type : List.of("application/vnd.a", "application/vnd.b", "application/vnd.a")) {
      Manifest manifest =
          Manifest.of(
              MediaType.OCI_MANIFEST,
              new MediaType(type),
              config,
              List.of(config),
              root,
              Map.of("n", Integer.toString(referrers.size())));
      Descriptor stored = store.blobs().put(manifest.mediaType(), manifest.bytes());
      pusher.push(stored, List.of(new ImageName(name("p:1").repository(), null, stored.digest())));
      referrers.add(stored.digest());
    }
    List<Descriptor> found =
        client(store)
            .puller()
            .referrers(name("p:1").repository(), root.digest(), Optional.of("application/vnd.a"));
    assertThat(found)
        .extracting(Descriptor::digest)
        .containsExactly(referrers.get(0), referrers.get(2));
    assertThat(found.getFirst().annotations()).containsEntry("n", "0");
    assertThat(memory.manifest("p", "sha256-" + root.digest().hex())).isNotNull();
  }

  /** Pushes what refers to a manifest, as oras and cosign do. */
  private Manifest attach(Store store, Descriptor subject, String type) {
    Descriptor empty = store.blobs().put(MediaType.OCI_EMPTY, EMPTY);
    Manifest manifest =
        Manifest.of(
            MediaType.OCI_MANIFEST, new MediaType(type), empty, List.of(empty), subject, Map.of());
    Descriptor stored = store.blobs().put(manifest.mediaType(), manifest.bytes());
    RepositoryName repository = name("a:1").repository();
    client(store).pusher().push(stored, List.of(new ImageName(repository, null, stored.digest())));
    return manifest;
  }

  @ParameterizedTest
  @CsvSource({"true,true", "true,false", "false,true", "false,false"})
  void whatRefersToAnyPartIsCopiedAndListed(boolean fromApi, boolean toApi) {
    memory.listsReferrers = fromApi;
    Store store = store("s");
    TestImage amd = image(30, 1);
    TestImage arm = image(31, 1);
    amd.into(memory, "a", "amd");
    arm.into(memory, "a", "arm");
    ImageIndex index = twoPlatforms(amd, arm);
    memory.addManifest("a", "1", index.mediaType(), index.bytes());
    Manifest onIndex = attach(store, index.descriptor(), "application/vnd.sig");
    Manifest onPlatform = attach(store, arm.manifest().descriptor(), "application/vnd.sbom");
    Manifest onReferrer = attach(store, onPlatform.descriptor(), "application/vnd.sig");
    TestImage cosigned = image(32, 1);
    String tag = "sha256-" + amd.manifest().digest().hex() + ".sig";
    cosigned.into(memory, "a", tag);
    image(33, 1).into(memory, "a", "unrelated");
    List<Referrer> expected =
        List.of(
            new Referrer(index.digest(), onIndex.descriptor(), Optional.empty()),
            new Referrer(
                amd.manifest().digest(), cosigned.manifest().descriptor(), Optional.of(tag)),
            new Referrer(arm.manifest().digest(), onPlatform.descriptor(), Optional.empty()),
            new Referrer(onPlatform.digest(), onReferrer.descriptor(), Optional.empty()));
    try (MemoryRegistry other = new MemoryRegistry()) {
      other.listsReferrers = toApi;
      Store through = store("through");
      RegistryClient client = client(through);
      ImageCopy.Family copied =
          new ImageCopy(client, through).copyWithReferrers(at(memory, "a:1"), at(other, "b:2"));
      assertThat(copied.root()).isEqualTo(index.descriptor());
      assertThat(plain(copied.referrers())).isEqualTo(expected);
      RepositoryName there = ImageName.parse(other.host() + "/b:2").repository();
      List<Referrer> listed = client.puller().referrers(there, index.descriptor());
      assertThat(plain(listed)).isEqualTo(expected);
      assertThat(listed.getFirst().descriptor().artifactType())
          .isEqualTo(new MediaType("application/vnd.sig"));
      assertThat(other.manifest("b", "unrelated")).isNull();
      assertThat(other.manifest("b", "sha256-" + onPlatform.digest().hex()) == null)
          .isEqualTo(toApi);
      assertThat(through.tags().list()).isEmpty();
    }
  }

  @Test
  void whatIsListedButGoneIsLeftOut() {
    memory.listsReferrers = false;
    Store store = store("s");
    TestImage image = image(36, 1);
    Descriptor root = image.into(memory, "a", "1");
    Manifest kept = attach(store, root, "application/vnd.sig");
    Manifest gone = attach(store, root, "application/vnd.sbom");
    String several = "{\"schemaVersion\":2,\"manifests\":[],\"subject\":%s}".formatted(json(root));
    Descriptor goneIndex =
        store.blobs().put(MediaType.OCI_INDEX, several.getBytes(StandardCharsets.UTF_8));
    RepositoryName repository = name("a:1").repository();
    client(store)
        .pusher()
        .push(goneIndex, List.of(new ImageName(repository, null, goneIndex.digest())));
    memory.removeManifest("a", gone.digest());
    memory.removeManifest("a", goneIndex.digest());
    try (MemoryRegistry other = new MemoryRegistry()) {
      Store through = store("through");
      ImageCopy.Family copied =
          new ImageCopy(client(through), through)
              .copyWithReferrers(at(memory, "a:1"), at(other, "b:2"));
      assertThat(copied.referrers())
          .extracting(each -> each.descriptor().digest())
          .containsExactly(kept.digest());
      assertThat(copied.gone())
          .extracting(each -> each.descriptor().digest())
          .containsExactly(gone.digest(), goneIndex.digest());
      assertThat(other.manifest("b", kept.digest().toString())).isEqualTo(kept.bytes());
    }
  }

  @Test
  void aPartThatIsGoneOfWhatRefersToAnImageIsAnError() {
    memory.listsReferrers = false;
    Store store = store("s");
    Descriptor root = image(37, 1).into(memory, "a", "1");
    Descriptor part = image(38, 1).into(store);
    String json =
        "{\"schemaVersion\":2,\"manifests\":[%s],\"subject\":%s}".formatted(json(part), json(root));
    Descriptor index =
        store.blobs().put(MediaType.OCI_INDEX, json.getBytes(StandardCharsets.UTF_8));
    RepositoryName repository = name("a:1").repository();
    client(store).pusher().push(index, List.of(new ImageName(repository, null, index.digest())));
    memory.removeManifest("a", part.digest());
    try (MemoryRegistry other = new MemoryRegistry()) {
      Store through = store("through");
      ImageCopy copy = new ImageCopy(client(through), through);
      RegistryFailure failure =
          catchThrowableOfType(
              RegistryFailure.class,
              () -> copy.copyWithReferrers(at(memory, "a:1"), at(other, "b:2")));
      assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.NOT_FOUND);
      assertThat(failure.text()).contains(part.digest().toString());
    }
  }

  private static String json(Descriptor descriptor) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
        .formatted(descriptor.mediaType(), descriptor.digest(), descriptor.size());
  }

  /** Without what a list may say besides. */
  private static List<Referrer> plain(List<Referrer> referrers) {
    return referrers.stream()
        .map(each -> {
          Descriptor full = each.descriptor();
          Descriptor bare = Descriptor.of(full.mediaType(), full.digest(), full.size());
          return new Referrer(each.subject(), bare, each.tag());
        })
        .toList();
  }

  @Test
  void referrersThatReferToEachOtherWithoutEndAreAnError() {
    Store store = store("s");
    Descriptor subject = image(34, 1).into(memory, "a", "1");
    for (int i = 0; i <= Document.DEPTH; i++) {
      subject = attach(store, subject, "application/vnd.chain").descriptor();
    }
    Puller puller = client(store).puller();
    Descriptor root = puller.resolve(name("a:1")).root();
    BuildFailure failure =
        catchThrowableOfType(
            BuildFailure.class, () -> puller.referrers(name("a:1").repository(), root));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
    assertThat(failure.text()).contains(root.digest().toString());
  }

  @Test
  void referrersAreCopiedFromRegistryToRegistryOnly() {
    Store store = store("s");
    ImageCopy copy = new ImageCopy(client(store), store);
    BuildFailure failure =
        catchThrowableOfType(
            BuildFailure.class,
            () ->
                copy.copyWithReferrers(
                    at(memory, "a:1"), ImageLocation.parse("oci:" + folder.resolve("layout"))));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.USER);
    assertThat(memory.stub().requests()).isEmpty();
  }

  @Test
  void aBlobThatTheTargetHasDoesNotComeThroughTheStore() {
    TestImage image = image(35, 2);
    image.into(memory, "a", "1");
    Store store = store("s");
    try (MemoryRegistry other = new MemoryRegistry()) {
      other.addBlob("b", MediaType.OCI_LAYER, image.layers().getFirst());
      new ImageCopy(client(store), store).copy(at(memory, "a:1"), at(other, "b:1"));
      assertThat(other.manifest("b", "1")).isEqualTo(image.manifest().bytes());
    }
    assertThat(store.blobs().contains(Digest.of(image.layers().getFirst()))).isFalse();
    assertThat(store.blobs().contains(Digest.of(image.layers().get(1)))).isTrue();
  }
}
