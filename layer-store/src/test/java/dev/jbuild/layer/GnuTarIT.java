package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same tree through our writer and reader and GNU tar's, entry by entry. */
@Tag("root")
class GnuTarIT {
  @TempDir private Path temporary;
  private Path source;
  private Path target;

  @BeforeEach
  void makeTree() throws IOException {
    Tools.requireRoot();
    Tools.requireTool("tar");
    source = Files.createDirectory(temporary.resolve("source"));
    target = Files.createDirectory(temporary.resolve("target"));
    try (DirFd dir = DirFd.open(source)) {
      Trees.makePlain(dir);
      Trees.makePrivileged(dir);
    }
  }

  private byte[] ourTar() throws IOException {
    try (DirectoryTree tree = DirectoryTree.open(source)) {
      return Trees.tar(tree);
    }
  }

  private List<String> extracted(Path tar) throws IOException {
    try (InputStream in = Files.newInputStream(tar);
        DirFd dir = DirFd.open(target)) {
      LayerExtractor.apply(in, dir, OverlayEncoding.TRUSTED, ExtractLimits.DEFAULT);
    }
    try (LayeredView view = LayeredView.open(List.of(target))) {
      return Trees.describe(view);
    }
  }

  @Test
  void ourTarThroughOurReaderLosesNothing() throws IOException {
    Path tar = Files.write(temporary.resolve("t.tar"), ourTar());
    assertThat(extracted(tar)).isEqualTo(Trees.describe(source));
  }

  @Test
  void ourTarThroughGnuTarLosesNothing() throws Exception {
    Path tar = Files.write(temporary.resolve("t.tar"), ourTar());
    Tools.run(
        target, "tar", "--xattrs", "--xattrs-include=*", "-xpf", tar.toString(), "--same-owner");
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
  }

  @Test
  void holesTakeNoRoomInTheTarAndNoneOnDisk() throws IOException {
    byte[] bytes = ourTar();
    assertThat(bytes.length).isLessThan(200_000);
    extracted(Files.write(temporary.resolve("t.tar"), bytes));
    try (DirFd dir = DirFd.open(target)) {
      assertThat(dir.stat(BytePath.of("sparse")).blocks() * 512).isLessThan(100_000);
      assertThat(dir.stat(BytePath.of("hole")).blocks()).isZero();
    }
  }

  @Test
  void aCopyWithoutHolesGivesTheSameBytes() throws Exception {
    Tools.run(source, "touch", "-d", "@1", ".");
    byte[] before = ourTar();
    Tools.run(source, "cp", "--sparse=never", "--preserve=all", "sparse", "full");
    Tools.run(source, "mv", "full", "sparse");
    Tools.run(source, "touch", "-d", "@1", ".");
    assertThat(ourTar()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0", "0.1", "1.0"})
  void paxTarOfGnuTarLosesNothing(String sparse) throws Exception {
    Path tar = temporary.resolve("t.tar");
    Tools.run(
        source,
        "tar",
        "--format=pax",
        "--sparse",
        "--sparse-version=" + sparse,
        "--xattrs",
        "--xattrs-include=*",
        "-cf",
        tar.toString(),
        ".");
    assertThat(extracted(tar)).isEqualTo(Trees.describe(source));
  }

  @Test
  void gnuFormatLosesOnlyWhatItCannotHold() throws Exception {
    Path tar = temporary.resolve("t.tar");
    Tools.run(source, "tar", "--format=gnu", "--sparse", "-cf", tar.toString(), ".");
    List<String> expected =
        Trees.describe(source).stream().map(GnuTarIT::withoutPaxOnlyParts).toList();
    assertThat(extracted(tar).stream().map(GnuTarIT::withoutPaxOnlyParts).toList())
        .isEqualTo(expected);
  }

  private static String withoutPaxOnlyParts(String line) {
    return line.replaceAll("\\{.*?}", "{}").replaceAll("(\\d\\d:\\d\\d:\\d\\d)\\.\\d+Z", "$1Z");
  }
}
