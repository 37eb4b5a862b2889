package dev.jbuild.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.MemorySink;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every transport does with every registry that behaves. A subclass names the transport and
 * the registry; each test works in a repository of its own.
 */
public abstract class RegistryContract {
  private static final AtomicInteger COUNT = new AtomicInteger();

  protected RepositoryName repository = new RepositoryName("unset.example", "unset");
  private Registry registry = new UnopenedRegistry();

  /** The registry under test. */
  protected abstract String host();

  /** A transport with what it needs to be let in. */
  protected abstract Registry open();

  /** Whether the registry has the referrers API. */
  protected boolean listsReferrers() {
    return false;
  }

  /** What comes of a push that may mount. */
  protected Registry.Push mounted() {
    return Registry.Push.MOUNTED;
  }

  @BeforeEach
  void openTransport() {
    repository = fresh();
    registry = open();
  }

  @AfterEach
  void closeTransport() {
    registry.close();
  }

  private RepositoryName fresh() {
    return new RepositoryName(
        host(), "contract/r" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
  }

  private Descriptor push(byte[] bytes) {
    Descriptor blob = Descriptor.of(MediaType.OCI_LAYER_GZIP, bytes);
    registry.pushBlob(repository, blob, BlobContent.of(bytes), Optional.empty());
    return blob;
  }

  private Manifest image(long seed) {
    byte[] config =
        ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"seed\":" + seed + "}")
            .getBytes(StandardCharsets.UTF_8);
    Descriptor configBlob = Descriptor.of(MediaType.OCI_CONFIG, config);
    registry.pushBlob(repository, configBlob, BlobContent.of(config), Optional.empty());
    return Manifest.of(configBlob, List.of(push(MemoryRegistry.noise(seed, 5000))));
  }

  private void put(String tag, Manifest manifest) {
    registry.pushManifest(repository, Reference.tag(tag), manifest.mediaType(), manifest.bytes());
  }

  @Test
  void blobThatWasPushedComesBackTheSame() {
    byte[] bytes = MemoryRegistry.noise(1, 3_000_000);
    Descriptor blob = push(bytes);
    MemorySink sink = new MemorySink();
    registry.fetchBlob(repository, blob, sink);
    assertThat(sink.bytes()).isEqualTo(bytes);
  }

  @Test
  void emptyBlobGoesBothWays() {
    Descriptor blob = push(new byte[0]);
    MemorySink sink = new MemorySink();
    registry.fetchBlob(repository, blob, sink);
    assertThat(sink.bytes()).isEmpty();
  }

  @Test
  void blobIsFetchedFromWhereTheSinkStands() {
    byte[] bytes = MemoryRegistry.noise(2, 100_000);
    Descriptor blob = push(bytes);
    MemorySink sink = new MemorySink();
    sink.write(bytes, 0, 40_001);
    registry.fetchBlob(repository, blob, sink);
    assertThat(sink.bytes()).isEqualTo(bytes);
  }

  @Test
  void secondPushOfABlobSendsNothing() {
    byte[] bytes = MemoryRegistry.noise(3, 10_000);
    Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, bytes);
    assertThat(registry.pushBlob(repository, blob, BlobContent.of(bytes), Optional.empty()))
        .isEqualTo(Registry.Push.UPLOADED);
    BlobContent unreadable =
        offset -> {
          throw new AssertionError("it is there already");
        };
    assertThat(registry.pushBlob(repository, blob, unreadable, Optional.empty()))
        .isEqualTo(Registry.Push.EXISTED);
  }

  @Test
  void blobIsLookedForWithoutBeingFetched() {
    Descriptor blob = push(MemoryRegistry.noise(4, 1000));
    Descriptor absent = Descriptor.of(MediaType.OCI_LAYER, MemoryRegistry.noise(5, 10));
    assertThat(registry.hasBlob(repository, blob)).isTrue();
    assertThat(registry.hasBlob(repository, absent)).isFalse();
  }

  @Test
  void blobIsTakenFromAnotherRepositoryOfTheRegistry() {
    byte[] bytes = MemoryRegistry.noise(6, 50_000);
    Descriptor blob = push(bytes);
    RepositoryName other = fresh();
    Registry.Push how =
        registry.pushBlob(other, blob, BlobContent.of(bytes), Optional.of(repository));
    assertThat(how).isEqualTo(mounted());
    MemorySink sink = new MemorySink();
    registry.fetchBlob(other, blob, sink);
    assertThat(sink.bytes()).isEqualTo(bytes);
  }

  @Test
  void manifestKeepsEveryByte() {
    Manifest plain = image(7);
    // Fields nobody knows, odd blanks, a trailing newline: all of it is under the digest.
    byte[] bytes =
        new String(plain.bytes(), StandardCharsets.UTF_8)
            .replaceFirst("\\{", "{\n\t \"x-unknown\" : [1.50, \"caf\u00e9 <&>\"],")
            .concat("\n")
            .getBytes(StandardCharsets.UTF_8);
    registry.pushManifest(repository, Reference.tag("odd"), MediaType.OCI_MANIFEST, bytes);
    RawManifest byTag = registry.manifest(repository, Reference.tag("odd"));
    assertThat(byTag.bytes()).isEqualTo(bytes);
    assertThat(byTag.descriptor()).isEqualTo(Descriptor.of(MediaType.OCI_MANIFEST, bytes));
    assertThat(registry.manifest(repository, Reference.of(Digest.of(bytes))).bytes())
        .isEqualTo(bytes);
  }

  @Test
  void tagResolvesToDigestSizeAndType() {
    Manifest manifest = image(8);
    put("one", manifest);
    assertThat(registry.resolve(repository, Reference.tag("one"))).isEqualTo(manifest.descriptor());
    assertThat(registry.resolve(repository, Reference.of(manifest.digest())))
        .isEqualTo(manifest.descriptor());
  }

  @Test
  void tagMovesToWhatWasPushedLast() {
    put("moving", image(9));
    Manifest second = image(10);
    put("moving", second);
    assertThat(registry.resolve(repository, Reference.tag("moving")).digest())
        .isEqualTo(second.digest());
  }

  @Test
  void indexOfTwoPlatformsGoesBothWays() {
    Manifest amd = image(11);
    Manifest arm = image(12);
    put("amd", amd);
    put("arm", arm);
    ImageIndex index =
        ImageIndex.of(
            List.of(
                amd.descriptor().withPlatform(Platform.parse("linux/amd64")),
                arm.descriptor().withPlatform(Platform.parse("linux/arm/v7"))));
    registry.pushManifest(repository, Reference.tag("both"), index.mediaType(), index.bytes());
    RawManifest back = registry.manifest(repository, Reference.tag("both"));
    assertThat(back.bytes()).isEqualTo(index.bytes());
    assertThat(back.descriptor().mediaType()).isEqualTo(MediaType.OCI_INDEX);
  }

  @Test
  void dockerTypesAreKept() {
    byte[] config =
        "{\"os\":\"linux\",\"architecture\":\"amd64\"}".getBytes(StandardCharsets.UTF_8);
    Descriptor configBlob = Descriptor.of(MediaType.DOCKER_CONFIG, config);
    registry.pushBlob(repository, configBlob, BlobContent.of(config), Optional.empty());
    Descriptor layer =
        push(MemoryRegistry.noise(13, 100)).withMediaType(MediaType.DOCKER_LAYER_GZIP);
    Manifest manifest =
        Manifest.of(MediaType.DOCKER_MANIFEST, configBlob, List.of(layer), Map.of());
    put("docker", manifest);
    assertThat(registry.resolve(repository, Reference.tag("docker")))
        .isEqualTo(manifest.descriptor());
  }

  @Test
  void tagsAreListed() {
    Manifest manifest = image(14);
    put("b", manifest);
    put("a", manifest);
    assertThat(registry.tags(repository)).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void missingManifestIsNotFoundAndSaysWhat() {
    put("there", image(15));
    RegistryFailure failure =
        catchThrowableOfType(
            RegistryFailure.class, () -> registry.manifest(repository, Reference.tag("not-there")));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.NOT_FOUND);
    assertThat(failure.status()).isEqualTo(404);
    assertThat(failure.code()).contains("MANIFEST_UNKNOWN");
    assertThat(failure.method()).isEqualTo("GET");
    assertThat(failure.text())
        .contains(host())
        .contains(repository.path())
        .contains("not-there")
        .contains("404")
        .contains("MANIFEST_UNKNOWN \"manifest unknown\"");
  }

  @Test
  void missingBlobIsNotFound() {
    push(MemoryRegistry.noise(16, 10));
    Descriptor absent = Descriptor.of(MediaType.OCI_LAYER, MemoryRegistry.noise(17, 10));
    RegistryFailure failure =
        catchThrowableOfType(
            RegistryFailure.class, () -> registry.fetchBlob(repository, absent, new MemorySink()));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.NOT_FOUND);
    assertThat(failure.text()).contains(absent.digest().toString());
  }

  @Test
  void pushIsProbedWithoutATrace() {
    registry.probePush(repository);
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> registry.tags(repository));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.NOT_FOUND);
  }

  @Test
  void referrersAreListedByApiOrNot() {
    Manifest subject = image(18);
    put("subject", subject);
    byte[] empty = "{}".getBytes(StandardCharsets.UTF_8);
    Descriptor config = Descriptor.of(MediaType.OCI_EMPTY, empty);
    registry.pushBlob(repository, config, BlobContent.of(empty), Optional.empty());
    Manifest signature =
        Manifest.of(
            MediaType.OCI_MANIFEST,
            new MediaType("application/vnd.example.signature"),
            config,
            List.of(push(MemoryRegistry.noise(19, 50))),
            subject.descriptor(),
            Map.of("org.example.by", "us"));
    registry.pushManifest(
        repository, Reference.of(signature.digest()), signature.mediaType(), signature.bytes());
    Optional<List<Descriptor>> found =
        registry.referrers(
            repository, subject.digest(), Optional.of("application/vnd.example.signature"));
    if (!listsReferrers()) {
      assertThat(found).isEmpty();
      return;
    }
    assertThat(found.orElseThrow())
        .extracting(Descriptor::digest)
        .containsExactly(signature.digest());
    assertThat(
            registry
                .referrers(repository, subject.digest(), Optional.of("application/other"))
                .orElseThrow())
        .isEmpty();
  }
}
