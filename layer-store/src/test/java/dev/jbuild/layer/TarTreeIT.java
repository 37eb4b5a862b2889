package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("root")
class TarTreeIT {
  @TempDir private Path temporary;

  private static TarTree read(byte[] tar, Path directory) throws IOException {
    return TarTree.read(new ByteArrayInputStream(tar), directory, ExtractLimits.DEFAULT);
  }

  private static String content(FileTree tree, String path) throws IOException {
    TreeEntry.RegularFile file = (TreeEntry.RegularFile) tree.find(BytePath.of(path)).orElseThrow();
    try (InputStream in = file.content().open()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @CsvSource({"--xz", "--gzip", "--zstd", "--bzip2", "--no-auto-compress"})
  void showsWhatGnuTarPacked(String compression) throws Exception {
    Tools.requireRoot();
    Path source = Files.createDirectory(temporary.resolve("source"));
    try (DirFd dir = DirFd.open(source)) {
      Trees.makePlain(dir);
      Trees.makePrivileged(dir);
    }
    Path tar = temporary.resolve("t");
    Tools.run(
        source,
        "tar",
        compression,
        "--format=pax",
        "--sparse",
        "--xattrs",
        "--xattrs-include=*",
        "-cf",
        tar.toString(),
        ".");
    try (InputStream in = Files.newInputStream(tar);
        TarTree tree = TarTree.read(in, temporary, ExtractLimits.DEFAULT)) {
      assertThat(Trees.describe(tree)).isEqualTo(Trees.describe(source));
      assertThat(temporary.toFile().list()).containsOnly("source", "t");
      // And through a layer, as ADD does it.
      Path target = Files.createDirectory(temporary.resolve("target"));
      try (DirFd dir = DirFd.open(target)) {
        LayerExtractor.apply(
            new ByteArrayInputStream(Trees.tar(tree)),
            dir,
            OverlayEncoding.TRUSTED,
            ExtractLimits.DEFAULT);
      }
      assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
    }
  }

  @Test
  void anArchiveThatStaysInItsFileShowsTheSameContent() throws Exception {
    Path source = Files.createDirectory(temporary.resolve("source"));
    try (DirFd dir = DirFd.open(source)) {
      Trees.makePlain(dir);
    }
    Path tar = temporary.resolve("t");
    Tools.run(source, "tar", "--format=pax", "--sparse", "-cf", tar.toString(), ".");
    int sparse = 0;
    try (InputStream in = Files.newInputStream(tar);
        TarTree tree = TarTree.read(in, temporary, ExtractLimits.DEFAULT);
        ArchiveTree archive = ArchiveTree.open(tar, ExtractLimits.DEFAULT)) {
      java.util.List<TreeEntry> entries = new java.util.ArrayList<>();
      TreeWalk.of(tree, BytePath.ROOT).forEach(entries::add);
      for (TreeEntry entry : entries) {
        if (entry instanceof TreeEntry.RegularFile file) {
          TreeEntry.RegularFile same =
              (TreeEntry.RegularFile) archive.find(entry.path()).orElseThrow();
          try (InputStream expected = file.content().open();
              InputStream actual = same.content().open()) {
            assertThat(actual.readAllBytes())
                .as("%s", entry.path())
                .isEqualTo(expected.readAllBytes())
                .hasSize((int) file.size());
          }
          long stored =
              same.content().extents(same.size()).stream()
                  .mapToLong(ContentSource.Extent::length)
                  .sum();
          sparse += stored < same.size() ? 1 : 0;
        }
      }
    }
    assertThat(sparse).isPositive();
  }

  @Test
  void pathsStayInsideAndLaterEntriesWin() throws IOException {
    byte[] tar =
        new RawTar()
            .file("../../up", "1")
            .file("/abs", "2")
            .symlink("l", "/real")
            .dir("real")
            .file("l/through", "3")
            .file("twice", "old")
            .file("twice", "new")
            .symlink("was-link", "real")
            .dir("was-link")
            .file("was-link/f", "4")
            .hardlink("h", "abs")
            .file(".wh.literal", "5")
            .end();
    try (TarTree tree = read(tar, temporary)) {
      assertThat(content(tree, "up")).isEqualTo("1");
      assertThat(content(tree, "abs")).isEqualTo("2");
      assertThat(content(tree, "real/through")).isEqualTo("3");
      assertThat(content(tree, "twice")).isEqualTo("new");
      assertThat(content(tree, "was-link/f")).isEqualTo("4");
      assertThat(content(tree, "h")).isEqualTo("2");
      assertThat(content(tree, ".wh.literal")).isEqualTo("5");
      assertThat(tree.find(BytePath.of("real/f"))).isEmpty();
    }
  }

  @Test
  void knowsATarByItsHeader() {
    assertThat(TarTree.isTar(new RawTar().file("f", "x").end())).isTrue();
    assertThat(TarTree.isTar(new byte[1024])).isFalse();
    assertThat(TarTree.isTar("#!/bin/sh".repeat(100).getBytes(StandardCharsets.US_ASCII)))
        .isFalse();
    assertThat(TarTree.isTar(new byte[3])).isFalse();
  }
}
