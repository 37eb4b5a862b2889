package dev.jbuild.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Platform;
import dev.jbuild.oci.RuntimeConfig;
import dev.jbuild.store.Store;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of the store as other tools see them, and theirs as the store does. */
@Tag("root")
@Tag("peer")
class ImagesIT {
  private static final Instant WHEN = Instant.parse("2026-01-02T03:04:05Z");
  private static final Platform PLATFORM = Platform.parse("linux/amd64");

  @TempDir private Path temp;
  private Store store;
  private Images images;
  private Path rootfs;

  @BeforeEach
  void open() throws Exception {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, for owners and devices");
    store = Store.open(temp.resolve("root"), "test");
    images = new Images(store);
    rootfs = temp.resolve("rootfs.tar");
    Peer.run(
        temp,
        """
        mkdir -p r/bin r/etc r/dev; printf hello > r/etc/motd; ln -s etc/motd r/link
        printf x > r/bin/tool; ln r/bin/tool r/bin/same; chown 12:34 r/etc/motd; chmod 4755 r/bin/tool
        mkfifo r/dev/p; mknod r/dev/null c 1 3; setfattr -n user.k -v v r/etc/motd
        tar --xattrs --numeric-owner -C r -cf rootfs.tar .
        gzip -k rootfs.tar; zstd -q rootfs.tar; xz -k rootfs.tar\
        """);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private Image importImage(String name) throws IOException {
    try (InputStream in = Files.newInputStream(rootfs)) {
      return images.importRootfs(in, "rootfs.tar", name, PLATFORM, WHEN);
    }
  }

  @Test
  void theStoreIsALayoutThatSkopeoReads() throws Exception {
    Peer.need("skopeo");
    Image image = importImage("hello");
    importImage("127.0.0.1:5000/team/hello:1.0");
    ObjectNode inspected = inspect("oci:root:hello:latest");
    assertThat(inspected.path("Digest").asText()).isEqualTo(image.manifest().digest().toString());
    assertThat(inspected.path("Created").asText()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(inspected.path("Architecture").asText()).isEqualTo("amd64");
    assertThat(inspect("oci:root:127.0.0.1:5000/team/hello:1.0").path("Digest").asText())
        .isEqualTo(image.manifest().digest().toString());
  }

  @Test
  void umociUnpacksWhatWasImported() throws Exception {
    Peer.need("umoci");
    importImage("hello");
    Peer.run(temp, "umoci unpack --keep-dirlinks --image root:hello:latest bundle");
    String list =
        "find . -printf '%y %m %U:%G %n %T@ %l %p\\n' | sort; getfattr -Rd . | grep -v '^#'";
    // The root's time is that of the unpacking.
    assertThat(Peer.run(temp.resolve("bundle/rootfs"), list).replaceAll("(?m)^d .* \\.$", ""))
        .isEqualTo(Peer.run(temp.resolve("r"), list).replaceAll("(?m)^d .* \\.$", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rootfs.tar", "rootfs.tar.gz", "rootfs.tar.zst", "rootfs.tar.xz"})
  void compressedTarsMakeTheSameImage(String file) throws Exception {
    Digest plain = importImage("plain").manifest().config().digest();
    try (InputStream in = Files.newInputStream(temp.resolve(file))) {
      Image image = images.importRootfs(in, "rootfs.tar", "other", PLATFORM, WHEN);
      assertThat(image.manifest().config().digest()).isEqualTo(plain);
    }
  }

  @Test
  void theOrderOfATarDoesNotMatter() throws Exception {
    Image image = importImage("one");
    Peer.run(
        temp,
        "tar --xattrs --numeric-owner --sort=name -C r -cf rootfs.tar bin dev etc link; touch r");
    assertThat(importImage("two").config().diffIds()).isNotEqualTo(image.config().diffIds());
    Peer.run(
        temp, "tar --xattrs --numeric-owner -C r -cf a.tar link etc dev bin; mv a.tar rootfs.tar");
    Image third = importImage("three");
    assertThat(third.config().diffIds()).isEqualTo(images.get("two").config().diffIds());
  }

  @Test
  void anOciArchiveIsReadBySkopeoAndByUs() throws Exception {
    Peer.need("skopeo");
    Image image = importImage("hello");
    save("hello.tar", ArchiveWriter.Kind.OCI, "hello");
    assertThat(inspect("oci-archive:hello.tar").path("Digest").asText())
        .isEqualTo(image.manifest().digest().toString());
    assertThat(loadElsewhere("hello.tar", "hello:latest")).isEqualTo(image.manifest().digest());
  }

  @Test
  void aDockerArchiveIsReadBySkopeoAndByUs() throws Exception {
    Peer.need("skopeo");
    Image image = importImage("hello");
    images.tag("hello", "127.0.0.1:5000/x/y:2");
    save("hello.tar", ArchiveWriter.Kind.DOCKER, "hello", "127.0.0.1:5000/x/y:2");
    ObjectNode inspected = inspect("docker-archive:hello.tar:hello:latest");
    assertThat(inspected.path("Layers")).hasSize(1);
    assertThat(loadElsewhere("hello.tar", "127.0.0.1:5000/x/y:2"))
        .isEqualTo(image.manifest().digest());
  }

  @Test
  void equalImagesGiveEqualArchives() throws Exception {
    importImage("hello");
    save("one.tar", ArchiveWriter.Kind.DOCKER, "hello");
    try (Store other = Store.open(temp.resolve("other"), "other");
        InputStream in = Files.newInputStream(rootfs)) {
      new Images(other).importRootfs(in, "rootfs.tar", "hello", PLATFORM, WHEN);
      try (OutputStream out = Files.newOutputStream(temp.resolve("two.tar"))) {
        new ArchiveWriter(other)
            .writeTar(new Images(other).select(List.of("hello")), ArchiveWriter.Kind.DOCKER, out);
      }
    }
    assertThat(temp.resolve("two.tar")).hasSameBinaryContentAs(temp.resolve("one.tar"));
  }

  @Test
  void anOciDirectoryCollectsImages() throws Exception {
    Peer.need("skopeo");
    Image image = importImage("hello:1");
    ArchiveWriter writer = new ArchiveWriter(store);
    writer.writeDirectory(images.select(List.of("hello:1")), temp.resolve("dir"));
    images.tag("hello:1", "hello:2");
    writer.writeDirectory(images.select(List.of("hello:2")), temp.resolve("dir"));
    writer.writeDirectory(images.select(List.of("hello:2")), temp.resolve("dir"));
    assertThat(inspect("oci:dir:1").path("Digest").asText())
        .isEqualTo(image.manifest().digest().toString());
    assertThat(inspect("oci:dir:2").path("Digest").asText())
        .isEqualTo(image.manifest().digest().toString());
    try (Store other = Store.open(temp.resolve("other"), "other")) {
      assertThat(new Images(other).load(temp.resolve("dir"))).containsExactly("hello:1", "hello:2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"docker-archive", "oci-archive", "oci"})
  void skopeosImagesAreLoaded(String kind) throws Exception {
    Peer.need("skopeo");
    Image image = importImage("hello");
    Peer.run(
        temp,
        "skopeo --insecure-policy copy oci:root:hello:latest " + kind + ":out:made/by:skopeo");
    try (Store other = Store.open(temp.resolve("other"), "other")) {
      Images loaded = new Images(other);
      if (kind.equals("oci")) {
        assertThat(loaded.load(temp.resolve("out"))).containsExactly("made/by:skopeo");
      } else {
        try (InputStream in = Files.newInputStream(temp.resolve("out"))) {
          assertThat(loaded.load(in, "out")).containsExactly("made/by:skopeo");
        }
      }
      assertThat(loaded.get("made/by:skopeo").config()).isEqualTo(image.config());
      // And its layer is what it says it is.
      assertThat(other.layers().unpacked(image.config().diffIds().getFirst()).resolve("etc/motd"))
          .hasContent("hello");
    }
  }

  @Test
  void aGzippedArchiveIsLoaded() throws Exception {
    Image image = importImage("hello");
    save("hello.tar", ArchiveWriter.Kind.DOCKER, "hello");
    Peer.run(temp, "gzip hello.tar");
    assertThat(loadElsewhere("hello.tar.gz", "hello:latest")).isEqualTo(image.manifest().digest());
  }

  @Test
  void aDamagedArchiveIsRefusedAndTagsNothing() throws Exception {
    importImage("hello");
    save("hello.tar", ArchiveWriter.Kind.OCI, "hello");
    // Where a blob lies in the archive follows from its digest, so a place is found by its content.
    Peer.run(temp, "sed -i s/diff_ids/diff_idx/ hello.tar");
    try (Store other = Store.open(temp.resolve("other"), "other");
        InputStream in = Files.newInputStream(temp.resolve("hello.tar"))) {
      assertThatThrownBy(() -> new Images(other).load(in, "hello.tar"))
          .isInstanceOfSatisfying(
              BuildFailure.class,
              failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT));
      assertThat(other.tags().list()).isEmpty();
    }
  }

  @Test
  void whatIsNoArchiveIsRefused() throws Exception {
    try (InputStream in = Files.newInputStream(rootfs)) {
      assertThatThrownBy(() -> images.load(in, "rootfs.tar"))
          .hasMessage(
              "rootfs.tar is no image archive: it has neither index.json nor manifest.json");
    }
    Path text = Files.write(temp.resolve("text"), "x".repeat(5000).getBytes(UTF_8));
    try (InputStream in = Files.newInputStream(text)) {
      assertThatThrownBy(() -> images.load(in, "text")).isInstanceOf(BuildFailure.class);
    }
  }

  @Test
  void imagesAreListedInspectedTaggedAndRemoved() throws Exception {
    Image image = importImage("hello");
    images.tag("hello", "b/hello:2");
    assertThat(images.list())
        .extracting(ImageSummary::name)
        .containsExactly("b/hello:2", "hello:latest");
    assertThat(images.list().getFirst())
        .isEqualTo(
            new ImageSummary(
                "b/hello:2", image.manifest().digest(), List.of(PLATFORM), WHEN, image.size()));
    String hex = image.manifest().config().digest().hex();
    assertThat(images.get(hex.substring(0, 12)).manifest()).isEqualTo(image.manifest());
    assertThat(images.history(image))
        .singleElement()
        .satisfies(row -> {
          assertThat(row.step().createdBy()).isEqualTo("jbuild import rootfs.tar");
          assertThat(row.layer()).contains(image.config().diffIds().getFirst());
        });
    assertThat(images.remove("hello")).containsExactly("hello:latest");
    assertThat(images.remove(image.manifest().digest().toString())).containsExactly("b/hello:2");
    assertThatThrownBy(() -> images.get("hello"))
        .hasMessage("there is no image \"hello\" in the store");
  }

  @Test
  void aMissingPlatformNamesThoseThereAre() throws Exception {
    importImage("hello");
    assertThatThrownBy(() -> images.get("hello", Platform.parse("linux/s390x")))
        .hasMessage("image \"hello\" has no platform for linux/s390x, only [linux/amd64]");
  }

  @Test
  void twoImagesAreComparedPathByPath() throws Exception {
    Image before = importImage("before");
    Peer.run(
        temp,
        """
        cd r; printf HELLO > etc/motd; rm bin/same dev/p; ln -sfn etc link; chmod 700 etc
        mkdir -p new/dir; printf 123 > new/dir/file; rm -r dev; printf x > dev
        touch -d @1 bin/tool; cd ..; tar --xattrs --numeric-owner -C r -cf rootfs.tar .\
        """);
    Image after = importImage("after");
    ImageDiff diff = images.diff(before, after);
    assertThat(diff.config()).isEmpty();
    assertThat(diff.files())
        .extracting(change ->
            change.kind()
                + " "
                + change.path()
                + " "
                + new java.util.TreeSet<>(change.aspects())
                + " "
                + change.before()
                + "-"
                + change.after())
        .containsExactly(
            "REMOVED bin/same [] 1-0",
            "CHANGED bin/tool [TIME] 1-1",
            "CHANGED dev [TYPE, MODE, TIME] 0-1",
            "REMOVED dev/null [] 0-0",
            "REMOVED dev/p [] 0-0",
            "CHANGED etc [MODE] 0-0",
            "CHANGED etc/motd [CONTENT, TIME] 5-5",
            "CHANGED link [TARGET, TIME] 0-0",
            "ADDED new [] 0-0",
            "ADDED new/dir [] 0-0",
            "ADDED new/dir/file [] 0-3");
    assertThat(images.diff(before, before).files()).isEmpty();
  }

  @Test
  void settingsAreComparedOneByOne() throws Exception {
    Image before = importImage("before");
    Image after =
        Image.create(
            store,
            "after:1",
            before
                .config()
                .withCreated(null)
                .withConfig(
                    RuntimeConfig.EMPTY
                        .withEnv(List.of("A=1", "B=x=y"))
                        .withLabels(Map.of("k", "v"))
                        .withCmd(List.of("sh", "-c"))),
            before.manifest().layers());
    assertThat(images.diff(before, after).config())
        .containsExactly(
            new ConfigChange("Cmd", null, "[\"sh\",\"-c\"]"),
            new ConfigChange("Env A", null, "1"),
            new ConfigChange("Env B", null, "x=y"),
            new ConfigChange("Labels k", null, "v"),
            new ConfigChange("created", "2026-01-02T03:04:05Z", null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"oci:out:hello:3", "oci-archive:out:hello:3", "docker-archive:out:hello:3"})
  void anImageIsCopiedToAnotherPlaceAndBack(String place) throws Exception {
    Image image = importImage("hello");
    ImageLocation location = ImageLocation.parse(place.replace(":out", ":" + temp.resolve("out")));
    images.write(image.target(), "hello:latest", location);
    try (Store other = Store.open(temp.resolve("other"), "other")) {
      Images loaded = new Images(other);
      Map.Entry<String, Descriptor> read = loaded.read(location);
      assertThat(read.getValue().digest()).isEqualTo(image.manifest().digest());
      loaded.write(read.getValue(), read.getKey(), ImageLocation.parse("copy"));
      assertThat(loaded.get("copy:latest").config()).isEqualTo(image.config());
      assertThatThrownBy(() ->
              loaded.read(
                  ImageLocation.parse(
                      place.replace(":out", ":" + temp.resolve("out")).replace("hello:3", "no"))))
          .hasMessage(temp.resolve("out") + " has no image \"no\", only [hello:3]");
    }
    assertThat(Peer.run(temp, "ls -A | grep '^\\.' || true")).isEmpty();
  }

  @Test
  void locationsAreReadAsSkopeoReadsThem() {
    assertThat(ImageLocation.parse("docker://h:5000/a:1"))
        .isEqualTo(new ImageLocation.InRegistry("h:5000/a:1"));
    assertThat(ImageLocation.parse("oci-archive:/x.tar"))
        .isEqualTo(new ImageLocation.OciArchive(Path.of("/x.tar"), ""));
    assertThat(ImageLocation.parse("127.0.0.1:5000/a:1"))
        .isEqualTo(new ImageLocation.InStore("127.0.0.1:5000/a:1"));
    assertThatThrownBy(() -> ImageLocation.parse("oci:"))
        .hasMessage("there is no path in \"oci:\"");
  }

  private void save(String file, ArchiveWriter.Kind kind, String... names) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temp.resolve(file)))) {
      new ArchiveWriter(store).writeTar(images.select(List.of(names)), kind, out);
    }
  }

  private Digest loadElsewhere(String file, String name) throws IOException {
    try (Store other = Store.open(temp.resolve("other"), "other");
        InputStream in = Files.newInputStream(temp.resolve(file))) {
      assertThat(new Images(other).load(in, file)).contains(name);
      return other.tags().get(name).orElseThrow().digest();
    }
  }

  private ObjectNode inspect(String reference) throws Exception {
    return Json.parseObject(
        Peer.run(temp, "skopeo inspect " + reference).getBytes(UTF_8), reference);
  }
}
