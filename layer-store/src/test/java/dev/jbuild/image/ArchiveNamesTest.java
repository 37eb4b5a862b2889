package dev.jbuild.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an image is called in an OCI layout that it is copied to. */
class ArchiveNamesTest {
  @TempDir private Path folder;
  private Store store;
  private Images images;
  private Descriptor image;

  @BeforeEach
  void open() {
    store = Store.open(folder.resolve("root"), "test");
    images = new Images(store);
    Descriptor config = store.blobs().put(MediaType.OCI_CONFIG, "{}".getBytes(UTF_8));
    Manifest manifest = Manifest.of(config, List.of());
    image = store.blobs().put(manifest.mediaType(), manifest.bytes());
  }

  @AfterEach
  void close() {
    store.close();
  }

  /** The annotations of a layout's only entry, after the image was copied there. */
  private List<String> entry(String name, String place) throws Exception {
    Path layout = Files.createTempDirectory(folder, "layout");
    images.write(image, name, ImageLocation.parse("oci:" + layout + place));
    List<Descriptor> entries =
        ImageIndex.parse(Files.readAllBytes(layout.resolve("index.json"))).manifests();
    assertThat(entries).hasSize(1);
    return List.of(
        entries.getFirst().annotation(Descriptor.REF_NAME).orElse(""),
        entries.getFirst().annotation(Descriptor.CONTAINERD_NAME).orElse(""));
  }

  @Test
  void aWordIsTheTagByWhichOtherToolsFindIt() throws Exception {
    assertThat(entry("hello:latest", ":two")).containsExactly("two", "docker.io/library/hello:two");
  }

  @Test
  void aWholeNameIsTheName() throws Exception {
    assertThat(entry("hello:latest", ":a/b:3")).containsExactly("3", "docker.io/a/b:3");
    assertThat(entry("hello:1", "")).containsExactly("1", "docker.io/library/hello:1");
  }

  @Test
  void anImageThatWasChosenByItsDigestHasNoNameOfItsOwn() throws Exception {
    String digest = image.digest().toString();
    assertThat(entry(digest, "")).containsExactly("", "");
    assertThat(entry(digest, ":two")).containsExactly("two", "");
  }

  @Test
  void aDirectoryThatIsNotThereIsSaidToBeNone() {
    Path none = folder.resolve("none");
    assertThatThrownBy(() -> images.read(ImageLocation.parse("oci:" + none)))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("there is no directory \"" + none + "\"");
  }
}
