package dev.jbuild.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.MediaType;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A blob that was damaged in the store leaves it in no kind of export. */
class DamagedBlobTest {
  @TempDir private Path folder;
  private Store store;
  private Descriptor layer;
  private Image image;

  @BeforeEach
  void makeAnImage() {
    store = Store.open(folder.resolve("root"), "test");
    byte[] content = "x".repeat(100_000).getBytes(UTF_8);
    layer = store.blobs().put(MediaType.OCI_LAYER, content);
    ImageConfig config =
        ImageConfig.empty(Platform.parse("linux/amd64"))
            .withDiffIds(List.of(new DiffId(Digest.of(content))));
    image = Image.create(store, "a:latest", config, List.of(layer));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"oci:", "oci-archive:", "docker-archive:"})
  void isToldByItsDigestAndNothingIsLeftOfTheExport(String kind) throws Exception {
    Path blob = store.blobs().path(layer.digest());
    byte[] bytes = Files.readAllBytes(blob);
    bytes[bytes.length - 1] ^= 1;
    Files.setPosixFilePermissions(blob, PosixFilePermissions.fromString("rw-r--r--"));
    Files.write(blob, bytes);
    Path out = folder.resolve("out");
    ImageLocation to = ImageLocation.parse(kind + out);
    Descriptor target = image.manifest().descriptor();
    assertThatThrownBy(() -> new Images(store).write(target, "a:latest", to))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT);
              assertThat(failure.text()).startsWith("blob " + layer.digest() + " is corrupt");
              assertThat(failure.hint().orElseThrow()).contains("jbuild fsck");
            });
    assertThat(out.resolve("index.json")).doesNotExist();
    assertThat(out.resolve(ArchiveWriter.path(layer.digest()))).doesNotExist();
    assertThat(Files.isRegularFile(out)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"oci:", "oci-archive:", "docker-archive:"})
  void isFoundByNobodyWhereThereIsNone(String kind) {
    ImageLocation there = ImageLocation.parse(kind + folder.resolve("out"));
    new Images(store).write(image.manifest().descriptor(), "a:latest", there);
    try (Store other = Store.open(folder.resolve("other"), "test")) {
      new Images(other).read(there);
      assertThat(other.blobs().read(layer.digest())).hasSize(100_000);
    }
  }
}
