package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class LayerExtractorIT {
  @TempDir Path temporary;

  @BeforeEach
  void requireRoot() throws IOException {
    Tools.requireRoot();
  }

  OverlayEncoding encoding() {
    return OverlayEncoding.TRUSTED;
  }

  private LayerExtractor.Extracted extract(byte[] tar, String name) throws IOException {
    Path target = Files.createDirectory(temporary.resolve(name));
    try (DirFd dir = DirFd.open(target)) {
      return LayerExtractor.apply(
          new ByteArrayInputStream(tar), dir, encoding(), ExtractLimits.DEFAULT);
    }
  }

  private LayeredView view(String... names) throws IOException {
    return LayeredView.open(List.of(names).stream().map(temporary::resolve).toList());
  }

  private static Attributes attributes(FileTree tree, String path) throws IOException {
    return tree.find(BytePath.of(path)).orElseThrow().attributes();
  }

  @Test
  void directoriesThatNothingDescribesKeepTheAttributesBelow() throws IOException {
    Attributes closed = Attributes.of(0700, 7, 8, Instant.ofEpochSecond(99));
    byte[] lower =
        Trees.tar(
            List.of(
                new TreeEntry.Directory(BytePath.ROOT, Trees.attributes(01777)),
                new TreeEntry.Directory(BytePath.of("a"), closed)));
    assertThat(extract(lower, "lower").implicit()).isEmpty();
    LayerExtractor.Extracted upper = extract(new RawTar().file("a/b/f", "x").end(), "upper");
    assertThat(upper.implicit()).extracting(BytePath::toString).containsExactly(".", "a", "a/b");
    try (LayeredView view = view("lower", "upper")) {
      assertThat(attributes(view, "a")).isEqualTo(closed);
      assertThat(attributes(view, "").mode()).isEqualTo(01777);
      assertThat(attributes(view, "a/b")).isEqualTo(Attributes.DIRECTORY);
      assertThat(view.list(BytePath.ROOT).getFirst().attributes()).isEqualTo(closed);
    }
  }

  @Test
  void whiteoutKeepsEntryAddedBySameLayerInEitherOrder() throws IOException {
    extract(new RawTar().dir("d").file("d/old", "x").file("f", "old").end(), "lower");
    extract(
        new RawTar()
            .dir("d")
            .file("d/new", "x")
            .file(".wh.d", "")
            .file(".wh.f", "")
            .file("f", "new!")
            .end(),
        "upper");
    try (LayeredView view = view("lower", "upper")) {
      assertThat(view.list(BytePath.of("d")))
          .extracting(e -> e.path().toString())
          .containsExactly("d/new");
      assertThat(((TreeEntry.RegularFile) view.find(BytePath.of("f")).orElseThrow()).size())
          .isEqualTo(4);
    }
  }

  @Test
  void overlayAttributesNeverComeOutOfATar() throws IOException {
    extract(
        new RawTar()
            .pax(
                "SCHILY.xattr.trusted.overlay.redirect", "/x",
                "SCHILY.xattr.trusted.overlay.opaque", "y",
                "SCHILY.xattr.user.overlay.metacopy", "",
                "SCHILY.xattr.security.selinux", "label",
                "SCHILY.xattr.user.fine", "v")
            .dir("d")
            .end(),
        "layer");
    try (DirFd dir = DirFd.open(temporary.resolve("layer"))) {
      assertThat(dir.xattrs(BytePath.of("d"))).containsOnlyKeys("user.fine");
    }
  }

  @Test
  void setgidDirectoriesDoNotLeakTheirGroup() throws IOException {
    Path parent = Files.createDirectory(temporary.resolve("setgid"));
    Tools.requireTool("chmod");
    try (DirFd dir = DirFd.open(temporary)) {
      dir.chown(BytePath.of("setgid"), 0, 77);
      dir.chmod(BytePath.of("setgid"), 02755);
    }
    byte[] tar =
        Trees.tar(
            List.of(
                new TreeEntry.Directory(
                    BytePath.of("d"), Attributes.of(02775, 0, 50, Instant.EPOCH)),
                new TreeEntry.Symlink(BytePath.of("d/l"), Trees.attributes(0777), "x"),
                new TreeEntry.Fifo(BytePath.of("p"), Trees.attributes(0600).withOwner(0, 77))));
    try (DirFd dir = DirFd.open(parent)) {
      LayerExtractor.apply(new ByteArrayInputStream(tar), dir, encoding(), ExtractLimits.DEFAULT);
      assertThat(dir.stat(BytePath.of("d/l")).gid()).isZero();
      assertThat(dir.stat(BytePath.of("p")).gid()).isEqualTo(77);
      assertThat(dir.stat(BytePath.of("d")).permissions()).isEqualTo(02775);
      assertThat(dir.stat(BytePath.of("d")).gid()).isEqualTo(50);
    }
  }

  @Test
  void aFailingSourceLeavesNothingBehind() throws IOException {
    byte[] tar = new RawTar().dir("d").file("d/f", "x".repeat(5000)).file("g", "y").end();
    Path target = Files.createDirectory(temporary.resolve("target"));
    InputStream failing =
        new java.io.SequenceInputStream(
            new ByteArrayInputStream(tar, 0, 4000),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("connection lost");
              }

              @Override
              public int read(byte[] bytes, int offset, int length) throws IOException {
                throw new IOException("connection lost");
              }
            });
    try (DirFd dir = DirFd.open(target)) {
      assertThatThrownBy(
              () -> LayerExtractor.apply(failing, dir, encoding(), ExtractLimits.DEFAULT))
          .isInstanceOf(IOException.class)
          .hasMessage("connection lost");
    }
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void capabilitySetInAUserNamespaceReadsAsIfRootHadSetIt() throws Exception {
    Tools.requireTool("setpriv");
    Tools.requireTool("unshare");
    Tools.requireTool("setcap");
    Path file = Files.writeString(temporary.resolve("ping"), "elf");
    Tools.run(temporary, "chmod", "755", temporary.toString());
    Tools.run(temporary, "chown", "65534:65534", file.toString());
    Tools.run(
        temporary,
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "unshare",
        "-r",
        "setcap",
        "cap_net_raw+ep",
        file.toString());
    try (DirFd dir = DirFd.open(temporary);
        DirectoryTree tree = DirectoryTree.open(temporary)) {
      byte[] onDisk = dir.xattr(BytePath.of("ping"), Xattrs.CAPABILITY).orElseThrow();
      assertThat(onDisk).as("the kernel notes the namespace's root").hasSize(24);
      byte[] inLayer = attributes(tree, "ping").xattrs().get(Xattrs.CAPABILITY).orElseThrow();
      assertThat(inLayer).hasSize(20);
      Tools.run(temporary, "setcap", "cap_net_raw+ep", file.toString());
      assertThat(dir.xattr(BytePath.of("ping"), Xattrs.CAPABILITY)).contains(inLayer);
    }
  }

  @Test
  void copyKeepsOrBreaksLinks() throws IOException {
    extract(new RawTar().file("a", "x").hardlink("b", "a").end(), "layer");
    for (TreeCopy.Links links : TreeCopy.Links.values()) {
      Path target = Files.createDirectory(temporary.resolve(links.name()));
      try (LayeredView view = view("layer");
          DirFd dir = DirFd.open(target)) {
        TreeCopy.into(view, dir, links);
        assertThat(dir.stat(BytePath.of("b")).nlink())
            .isEqualTo(links == TreeCopy.Links.KEEP ? 2 : 1);
      }
    }
  }
}
