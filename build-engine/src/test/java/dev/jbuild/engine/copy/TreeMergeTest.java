package dev.jbuild.engine.copy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.Xattrs;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TreeMergeTest {
  private static final byte[] VALUE = {0, 10, (byte) 0xff};

  /** Revision 2, CAP_NET_RAW permitted and effective (linux/capability.h). */
  private static final byte[] CAPABILITY = {
    1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  @TempDir Path folder;
  private final LayerBuilder tree = new LayerBuilder(FileTree.empty());
  private Path destination;

  @BeforeEach
  void makeDestination() throws IOException {
    destination = Files.createDirectory(folder.resolve("out"));
  }

  private static Attributes attributes(int mode, Map<String, byte[]> xattrs) {
    return Attributes.of(mode, 0, 0, Instant.ofEpochSecond(7)).withXattrs(Xattrs.of(xattrs));
  }

  private void file(String path, Attributes attributes) throws IOException {
    byte[] bytes = path.getBytes(US_ASCII);
    tree.put(
        new TreeEntry.RegularFile(
            BytePath.of(path), attributes, bytes.length, ContentSource.of(bytes)));
  }

  private Map<String, byte[]> xattrs(String path) throws IOException {
    try (DirFd out = DirFd.open(destination)) {
      return out.xattrs(BytePath.of(path));
    }
  }

  private void merge() throws IOException {
    TreeMerge.copy(tree, BytePath.ROOT, destination, false);
  }

  @Test
  void attributesOfUsersStayAlsoOnWhatIsReadOnly() throws IOException {
    tree.put(new TreeEntry.Directory(BytePath.of("d"), attributes(0555, Map.of("user.d", VALUE))));
    file("d/f", attributes(0444, Map.of("user.f", VALUE, "user.empty", new byte[0])));
    merge();
    assertThat(xattrs("d").get("user.d")).isEqualTo(VALUE);
    assertThat(xattrs("d/f").get("user.f")).isEqualTo(VALUE);
    assertThat(xattrs("d/f").get("user.empty")).isEmpty();
    assertThat(Files.getPosixFilePermissions(destination.resolve("d/f"))).hasSize(3);
    assertThat(Files.getLastModifiedTime(destination.resolve("d")).toInstant())
        .isEqualTo(Instant.ofEpochSecond(7));
  }

  @Test
  void whatMayNotBeSetIsLeftOutAndTheRestIsWritten() throws IOException {
    file("a", attributes(0644, Map.of("security.selinux", VALUE, "user.overlay.opaque", VALUE)));
    // The kernel has user.* for files and directories alone, also for root.
    tree.put(
        new TreeEntry.Symlink(BytePath.of("l"), attributes(0777, Map.of("user.l", VALUE)), "a"));
    file("z", attributes(0644, Map.of("user.z", VALUE)));
    merge();
    assertThat(xattrs("a")).doesNotContainKey("user.overlay.opaque");
    assertThat(xattrs("a").get("security.selinux")).isNotEqualTo(VALUE);
    assertThat(xattrs("l")).doesNotContainKey("user.l");
    assertThat(Files.readSymbolicLink(destination.resolve("l"))).hasToString("a");
    assertThat(xattrs("z").get("user.z")).isEqualTo(VALUE);
  }

  @Test
  @Tag("root")
  void capabilitiesStayForRoot() throws IOException {
    file("ping", attributes(0755, Map.of(Xattrs.CAPABILITY, CAPABILITY)));
    merge();
    assertThat(xattrs("ping").get(Xattrs.CAPABILITY)).isEqualTo(CAPABILITY);
  }

  @Test
  void holesStayHoles() throws IOException {
    int mib = 1 << 20;
    byte[] bytes = new byte[5 * mib];
    bytes[2 * mib] = 1;
    bytes[3 * mib - 1] = 2;
    tree.put(
        new TreeEntry.RegularFile(
            BytePath.of("sparse"),
            attributes(0644, Map.of()),
            bytes.length,
            new ContentSource() {
              @Override
              public InputStream open() {
                return new ByteArrayInputStream(bytes);
              }

              @Override
              public List<Extent> extents(long size) {
                return List.of(new Extent(2L * mib, mib));
              }
            }));
    merge();
    assertThat(Files.readAllBytes(destination.resolve("sparse"))).isEqualTo(bytes);
    try (DirFd out = DirFd.open(destination);
        FileFd sparse = out.openRead(BytePath.of("sparse"))) {
      assertThat(sparse.stat().blocks() * 512).isBetween((long) mib, 2L * mib);
      assertThat(sparse.nextData(0)).contains(2L * mib);
      assertThat(sparse.nextHole(2L * mib)).isEqualTo(3L * mib);
    }
  }
}
