package dev.jbuild.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.TarImage;
import dev.jbuild.image.ImageLocation;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.fixture.DockerRegistry;
import dev.jbuild.registry.fixture.Peers;
import dev.jbuild.registry.fixture.TestOptions;
import dev.jbuild.registry.wire.HttpTransport;
import dev.jbuild.store.Store;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other tools read what we push, and we read what they push; the digests are equal. */
@Tag("peer")
class PeerToolsIT {
  private final Path folder;
  private final DockerRegistry registry;
  private final Store store;
  private final RegistryClient client;

  PeerToolsIT(@TempDir Path folder) {
    Peers.need("docker-registry", "skopeo", "umoci", "tar");
    this.folder = folder;
    registry = DockerRegistry.plain(folder.resolve("registry"));
    store = Store.open(folder.resolve("store"), "test");
    RegistryOptions options = TestOptions.builder().build();
    client = new RegistryClient(new HttpTransport(options), options, store);
  }

  @AfterEach
  void stop() {
    client.close();
    store.close();
    registry.close();
  }

  private ImageName name(String rest) {
    return ImageName.parse(registry.host() + "/" + rest);
  }

  /** An image of one layer with one file, imported into the store. */
  private Descriptor image(String content) throws Exception {
    Path rootfs = Files.createDirectories(folder.resolve("rootfs/etc"));
    Files.writeString(rootfs.resolve("greeting"), content);
    Path tar = folder.resolve("rootfs.tar");
    Peers.run(
        Map.of(), "tar", "-C", folder.resolve("rootfs").toString(), "-cf", tar.toString(), ".");
    try (InputStream in = Files.newInputStream(tar)) {
      new Images(store)
          .importRootfs(in, "rootfs.tar", "peer:1", Platform.parse("linux/amd64"), null);
    }
    return new Images(store).resolve("peer:1");
  }

  @Test
  void skopeoAndUmociReadWhatWePush() throws Exception {
    Descriptor root = image("hello");
    client.pusher().push(root, List.of(name("ours/app:1")));
    String raw =
        Peers.run(
            Map.of(),
            "skopeo",
            "inspect",
            "--raw",
            "--tls-verify=false",
            "docker://" + name("ours/app:1"));
    assertThat(Digest.of(raw.getBytes(StandardCharsets.UTF_8))).isEqualTo(root.digest());
    Path layout = folder.resolve("layout");
    Peers.run(
        Map.of(),
        "skopeo",
        "copy",
        "--src-tls-verify=false",
        "docker://" + name("ours/app:1"),
        "oci:" + layout + ":1");
    Path bundle = folder.resolve("bundle");
    Peers.run(
        Map.of(), "umoci", "unpack", "--rootless", "--image", layout + ":1", bundle.toString());
    assertThat(bundle.resolve("rootfs/etc/greeting")).hasContent("hello");
  }

  @Test
  void weReadWhatSkopeoPushes() throws Exception {
    Descriptor root = image("from skopeo");
    Path archive = folder.resolve("image.tar");
    new ImageCopy(client, store)
        .copy(
            new ImageLocation.InStore("peer:1"),
            ImageLocation.parse("oci-archive:" + archive + ":peer"));
    Peers.run(
        Map.of(),
        "skopeo",
        "copy",
        "--preserve-digests",
        "--dest-tls-verify=false",
        "oci-archive:" + archive,
        "docker://" + name("theirs/app:2"));
    try (Store other = Store.open(folder.resolve("other"), "test")) {
      RegistryOptions fresh = TestOptions.builder().build();
      try (RegistryClient reader = new RegistryClient(new HttpTransport(fresh), fresh, other)) {
        PulledImage pulled =
            reader.puller().pull(name("theirs/app:2"), Platform.parse("linux/amd64"));
        assertThat(pulled.root().digest()).isEqualTo(root.digest());
        Path unpacked = other.layers().unpacked(pulled.layers().getFirst().diffId());
        assertThat(unpacked.resolve("etc/greeting")).hasContent("from skopeo");
      }
    }
  }

  @Test
  void buildahReadsWhatWePushAndWeReadWhatItPushes() throws Exception {
    Peers.need("buildah");
    Descriptor root = image("for buildah");
    client.pusher().push(root, List.of(name("ours/base:1")));
    Path area = folder.resolve("containers");
    String[] common = {
      "buildah",
      "--root",
      area.resolve("root").toString(),
      "--runroot",
      area.resolve("run").toString(),
      "--storage-driver",
      "vfs"
    };
    String container =
        Peers.run(
                Map.of(),
                with(
                    common,
                    "from",
                    "--quiet",
                    "--tls-verify=false",
                    name("ours/base:1").toString()))
            .strip();
    Peers.run(Map.of(), with(common, "config", "--label", "by=buildah", container));
    Peers.run(Map.of(), with(common, "commit", "--quiet", "--format", "docker", container, "made"));
    Path digestFile = folder.resolve("digest");
    Peers.run(
        Map.of(),
        with(
            common,
            "push",
            "--quiet",
            "--tls-verify=false",
            "--digestfile",
            digestFile.toString(),
            "made",
            "docker://" + name("theirs/made:1")));
    PulledImage pulled = client.puller().pull(name("theirs/made:1"), Platform.parse("linux/amd64"));
    assertThat(pulled.root().digest()).hasToString(Files.readString(digestFile).strip());
    assertThat(pulled.config().config().labels()).containsEntry("by", "buildah");
    Path unpacked = store.layers().unpacked(pulled.layers().getFirst().diffId());
    assertThat(unpacked.resolve("etc/greeting")).hasContent("for buildah");
  }

  private static String[] with(String[] common, String... more) {
    return Stream.concat(Arrays.stream(common), Arrays.stream(more)).toArray(String[]::new);
  }

  /** Jib core is an independent client: what it pulls of ours, and pushes for us, is the same. */
  @Test
  void jibReadsWhatWePushAndWeReadWhatItPushes() throws Exception {
    Descriptor root = image("for jib");
    client.pusher().push(root, List.of(name("ours/jib:1")));
    JibContainer made =
        Jib.from(RegistryImage.named(name("ours/jib:1").toString()))
            .addLabel("by", "jib")
            .containerize(
                Containerizer.to(RegistryImage.named(name("theirs/jib:1").toString()))
                    .setAllowInsecureRegistries(true)
                    .setBaseImageLayersCache(folder.resolve("jib-base"))
                    .setApplicationLayersCache(folder.resolve("jib-app")));
    PulledImage pulled = client.puller().pull(name("theirs/jib:1"), Platform.parse("linux/amd64"));
    assertThat(pulled.root().digest()).hasToString(made.getDigest().toString());
    assertThat(pulled.config().config().labels()).containsEntry("by", "jib");
    Jib.from(RegistryImage.named(name("ours/jib:1").toString()))
        .containerize(
            Containerizer.to(TarImage.at(folder.resolve("jib.tar")).named("jib"))
                .setAllowInsecureRegistries(true)
                .setBaseImageLayersCache(folder.resolve("jib-base"))
                .setApplicationLayersCache(folder.resolve("jib-app")));
    assertThat(folder.resolve("jib.tar")).isNotEmptyFile();
    assertThat(Json.parseObject(pulled.manifest().bytes(), "manifest").path("layers")).hasSize(1);
  }
}
