package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.LookUps;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The catalogue of ways out of a layer, and of ways to choke on one. Each is refused with a message
 * that names it and leaves nothing behind, or is contained; the host is never touched. All of it
 * runs through both forms of look-up.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(LookUps.class)
class BreakoutTest {
  private static final Map<LookUps, Integer> TRIED = new EnumMap<>(LookUps.class);

  private final LookUps way;
  @TempDir private Path temporary;
  private Path target;
  private Path outside;

  BreakoutTest(LookUps way) {
    this.way = way;
  }

  @BeforeParameterizedClassInvocation
  static void lookUpBy(LookUps way) {
    assumeTrue(way.possible(), "this kernel, or its seccomp policy, has no openat2");
    way.use();
  }

  @AfterParameterizedClassInvocation
  static void sayHowMany(LookUps way) {
    LookUps.OPENAT2.use();
    System.out.println("tally: breakout catalogue: " + TRIED.get(way) + " tricks through " + way);
  }

  @BeforeEach
  void makeHost() throws IOException {
    target = Files.createDirectory(temporary.resolve("target"));
    outside = Files.createDirectory(Path.of(Trick.OUTSIDE));
    Files.writeString(outside.resolve("secret"), "secret");
    Files.createDirectory(outside.resolve("dir"));
  }

  @AfterEach
  void removeHost() throws IOException {
    TRIED.merge(way, 1, Integer::sum);
    try (DirFd parent = DirFd.open(Path.of("/tmp"))) {
      parent.deleteTree(BytePath.of(outside.getFileName().toString()));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "dev.jbuild.layer.PathTricks#names",
    "dev.jbuild.layer.PathTricks#links",
    "dev.jbuild.layer.PathTricks#whiteouts",
    "dev.jbuild.layer.FormTricks#numbers",
    "dev.jbuild.layer.FormTricks#forms"
  })
  void hostStaysAsItIs(Trick trick) throws IOException {
    List<String> before = Trees.describe(outside);
    byte[] bytes = trick.bytes();
    Throwable thrown =
        catchThrowable(() -> extract(new ByteArrayInputStream(bytes), ExtractLimits.DEFAULT));
    assertThat(Trees.describe(outside)).as("HOST FILES WERE CHANGED").isEqualTo(before);
    assertThat(temporary.toFile().list()).as("HOST HAS NEW FILES").containsOnly("target");
    if (trick.refused()) {
      assertThat(thrown)
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining(trick.expected().getFirst());
      assertThat(target).as("something is left behind").isEmptyDirectory();
    } else {
      assertThat(thrown).isNull();
      List<String> leaves = leaves();
      assertThat(leaves).containsExactlyInAnyOrder(aimed(trick.expected()));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "dev.jbuild.layer.PathTricks#names",
    "dev.jbuild.layer.PathTricks#links",
    "dev.jbuild.layer.PathTricks#whiteouts",
    "dev.jbuild.layer.FormTricks#numbers",
    "dev.jbuild.layer.FormTricks#forms"
  })
  void whatIsOnlyLookedIntoIsNoFault(Trick trick) {
    Throwable thrown =
        catchThrowable(
            () -> LayerListing.ofTar(new ByteArrayInputStream(trick.bytes()), Integer.MAX_VALUE));
    if (thrown != null) {
      assertThat(thrown).isInstanceOf(BuildFailure.class);
    }
  }

  private static String[] aimed(List<String> expected) {
    String below = Trick.OUTSIDE.substring(1);
    return expected.stream()
        .map(e -> e.startsWith("outside") ? below + e.substring("outside".length()) : e)
        .toArray(String[]::new);
  }

  /** Names in the target that are not directories with content. */
  private List<String> leaves() throws IOException {
    List<String> leaves = new ArrayList<>();
    try (DirectoryTree tree = DirectoryTree.open(target)) {
      TreeWalk.of(tree, BytePath.ROOT)
          .forEach(e -> {
            boolean inner = e.isDirectory() && !tree.list(e.path()).isEmpty();
            if (!e.path().isRoot() && !inner) {
              leaves.add(e.path().toString());
            }
          });
    }
    return leaves;
  }

  private LayerExtractor.Extracted extract(InputStream tar, ExtractLimits limits)
      throws IOException {
    try (DirFd dir = DirFd.open(target)) {
      return LayerExtractor.apply(tar, dir, OverlayEncoding.USER, limits);
    }
  }

  @Test
  void tenMillionEntriesEndAtTheLimit() {
    byte[] header = RawTar.header('5', "d", "", 0, _ -> {});
    Throwable thrown =
        catchThrowable(() ->
            extract(repeated(header, 10_000_000L), ExtractLimits.DEFAULT.withEntries(20_000)));
    assertThat(thrown).hasMessage("tar has more than the limit of 20000 entries");
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void globalHeadersThatPileUpEndAtTheLimit() {
    RawTar tar = new RawTar();
    for (int i = 0; i < 30; i++) {
      tar.global("comment." + i, "x".repeat(90));
    }
    Throwable thrown =
        catchThrowable(() ->
            extract(
                new ByteArrayInputStream(tar.file("f", "").end()),
                ExtractLimits.DEFAULT.withHeaderBytes(1000, 1 << 20)));
    assertThat(thrown)
        .hasMessage(
            "the content of global PAX headers of 1090 bytes is longer than the limit of 1000");
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void globalHeaderThatIsReplacedAgainAndAgainIsHeldOnce() throws IOException {
    RawTar tar = new RawTar();
    for (int i = 0; i < 30; i++) {
      tar.global("comment", "x".repeat(90));
    }
    extract(
        new ByteArrayInputStream(tar.file("f", "").end()),
        ExtractLimits.DEFAULT.withHeaderBytes(1000, 1 << 20));
    assertThat(leaves()).containsExactly("f");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void attributesOfManyFilesEndAtTheLimit(boolean asTree) throws IOException {
    RawTar tar = new RawTar();
    for (int i = 0; i < 30; i++) {
      tar.pax("SCHILY.xattr.user.a", "x".repeat(900)).file("f" + i, "");
    }
    refuses(
        asTree,
        tar.end(),
        ExtractLimits.DEFAULT.withHeaderBytes(1000, 10_000),
        "the content of all extended headers of 10175 bytes is longer than the limit of 10000");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void partsOfSparseFilesCountAsEntries(boolean asTree) throws IOException {
    RawTar tar = new RawTar();
    for (int i = 0; i < 3; i++) {
      tar.pax("GNU.sparse.map", "0,1,2,1,4,1,6,1", "GNU.sparse.size", "8").file("f" + i, "data");
    }
    refuses(
        asTree,
        tar.end(),
        ExtractLimits.DEFAULT.withEntries(14),
        "tar has more than the limit of 14 entries");
  }

  @Test
  void entriesOfAContextEndAtTheLimit() throws IOException {
    refuses(
        true,
        new RawTar().file("a", "").file("b", "").file("c", "").end(),
        ExtractLimits.DEFAULT.withEntries(2),
        "tar has more than the limit of 2 entries");
  }

  /** As a layer, or as a tree that nobody unpacks. */
  private void refuses(boolean asTree, byte[] tar, ExtractLimits limits, String message)
      throws IOException {
    Path file = Files.write(temporary.resolve("tar"), tar);
    Throwable thrown =
        catchThrowable(() -> {
          if (asTree) {
            ArchiveTree.open(file, limits).close();
          } else {
            extract(new ByteArrayInputStream(tar), limits);
          }
        });
    assertThat(thrown).isInstanceOf(BuildFailure.class).hasMessage(message);
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void endlessZerosAfterTheArchiveEndAtTheLimit() {
    Throwable thrown =
        catchThrowable(() ->
            extract(
                repeated(new byte[4096], Long.MAX_VALUE),
                ExtractLimits.DEFAULT.withTarBytes(10 << 20)));
    assertThat(thrown).hasMessage("tar is longer than the limit of 10485760 bytes");
    assertThat(target).isEmptyDirectory();
  }

  @Test
  void gzipBombEndsAtTheLimit() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(RawTar.header('0', "zeros", "", 1L << 30, _ -> {}));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 200; i++) {
        gzip.write(zeros);
      }
    }
    bombEndsAtTheLimit(bomb.toByteArray());
  }

  @Test
  void zstdBombEndsAtTheLimit() throws IOException {
    byte[] tar = new byte[60 << 20];
    System.arraycopy(RawTar.header('0', "zeros", "", 1L << 30, _ -> {}), 0, tar, 0, 512);
    byte[] bomb = com.github.luben.zstd.Zstd.compress(tar);
    assertThat(bomb.length).isLessThan(100_000);
    bombEndsAtTheLimit(bomb);
  }

  private void bombEndsAtTheLimit(byte[] bomb) {
    Throwable thrown =
        catchThrowable(() ->
            extract(
                Decompression.detect(new ByteArrayInputStream(bomb)),
                ExtractLimits.DEFAULT.withTarBytes(50 << 20)));
    assertThat(thrown).hasMessage("tar is longer than the limit of 52428800 bytes");
    assertThat(target).isEmptyDirectory();
  }

  private static InputStream repeated(byte[] block, long times) {
    return new SequenceInputStream(
        Collections.enumeration(
            new java.util.AbstractList<InputStream>() {
              @Override
              public InputStream get(int index) {
                return new ByteArrayInputStream(block);
              }

              @Override
              public int size() {
                return (int) Math.min(times, Integer.MAX_VALUE);
              }
            }));
  }
}
