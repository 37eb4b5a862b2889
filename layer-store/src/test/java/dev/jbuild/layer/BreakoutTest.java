package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The catalogue of ways out of a layer, and of ways to choke on one. Each is refused with a message
 * that names it and leaves nothing behind, or is contained; the host is never touched.
 */
class BreakoutTest {
  @TempDir private Path temporary;
  private Path target;
  private Path outside;

  /** Where the host's files are, for tars that aim at them. */
  private static final String OUTSIDE = "/tmp/jbuild-breakout-" + ProcessHandle.current().pid();

  @BeforeEach
  void makeHost() throws IOException {
    target = Files.createDirectory(temporary.resolve("target"));
    outside = Files.createDirectory(Path.of(OUTSIDE));
    Files.writeString(outside.resolve("secret"), "secret");
    Files.createDirectory(outside.resolve("dir"));
  }

  @AfterEach
  void removeHost() throws IOException {
    try (DirFd parent = DirFd.open(Path.of("/tmp"))) {
      parent.deleteTree(BytePath.of(outside.getFileName().toString()));
    }
  }

  /** One trick: refused with these words, or contained with these entries in the target. */
  static final class Trick {
    final String name;
    final byte[] tar;
    final boolean refused;
    final List<String> expected;

    Trick(String name, byte[] tar, boolean refused, String... expected) {
      this.name = name;
      this.tar = tar;
      this.refused = refused;
      this.expected = List.of(expected);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Trick refused(String name, byte[] tar, String message) {
    return new Trick(name, tar, true, message);
  }

  private static Trick contained(String name, byte[] tar, String... entries) {
    return new Trick(name, tar, false, entries);
  }

  private static RawTar tar() {
    return new RawTar();
  }

  static Stream<Trick> names() {
    return Stream.of(
        refused("fileUpAndOut", tar().file("../evil", "x").end(), "leaves the layer's root"),
        refused("fileUpInTheMiddle", tar().file("a/../../evil", "x").end(), "leaves the layer's"),
        refused("directoryUpAndOut", tar().dir("../evil/").end(), "leaves the layer's root"),
        refused("directoryIsParent", tar().dir("..").end(), "leaves the layer's root"),
        refused("symlinkNamedUp", tar().symlink("../evil", "x").end(), "leaves the layer's root"),
        refused("hardlinkNamedUp", tar().file("f", "x").hardlink("../evil", "f").end(), "leaves"),
        refused("deviceNamedUp", tar().device('3', "../evil", 1, 3).end(), "leaves the layer's"),
        refused("paxPathUp", tar().pax("path", "../../evil").file("ok", "x").end(), "leaves"),
        refused(
            "longNameUp",
            tar().entry('L', "././@LongLink", "", "../evil\0").file("ok", "x").end(),
            "leaves"),
        refused("globalPaxPathUp", tar().global("path", "../evil").file("ok", "").end(), "leaves"),
        refused(
            "sparseNameUp", tar().pax("GNU.sparse.name", "../evil").file("ok", "").end(), "leaves"),
        contained("absoluteFile", tar().file("/etc/evil", "x").end(), "etc/evil"),
        contained("manySlashes", tar().file("//a///b", "x").end(), "a/b"),
        contained("upInsideTheRoot", tar().file("a/b/../../c", "x").end(), "c"),
        refused("rootReplacedByFile", tar().file(".", "x").end(), "replaces the root"),
        refused("rootReplacedByLink", tar().symlink("./", "/etc").end(), "replaces the root"),
        refused("emptyName", tar().file("", "x").end(), "replaces the root"),
        refused(
            "nulInPaxPath", tar().pax("path", "a\0b").file("ok", "x").end(), "contains a NUL byte"),
        refused(
            "componentTooLong",
            tar().pax("path", "n".repeat(256)).file("ok", "").end(),
            "file name too long"),
        refused(
            "pathTooLong",
            tar().pax("path", "n/".repeat(5000)).dir("ok").end(),
            "longer than the limit of 8192"));
  }

  static Stream<Trick> links() {
    return Stream.of(
        contained(
            "fileThroughAbsoluteSymlink",
            tar().symlink("l", OUTSIDE).file("l/evil", "x").end(),
            "l",
            "outside/evil"),
        contained(
            "fileThroughUpwardSymlink",
            tar().symlink("l", "../../../../../../../.." + OUTSIDE).file("l/evil", "x").end(),
            "l",
            "outside/evil"),
        contained(
            "fileThroughChainOfSymlinks",
            tar()
                .symlink("a", "b")
                .symlink("b", "c")
                .symlink("c", OUTSIDE)
                .file("a/evil", "")
                .end(),
            "a",
            "b",
            "c",
            "outside/evil"),
        contained(
            "directoryThroughSymlink",
            tar().symlink("l", OUTSIDE).dir("l/evil").end(),
            "l",
            "outside/evil"),
        contained(
            "symlinkOverwrittenByFile",
            tar().symlink("l", OUTSIDE + "/secret").file("l", "overwritten").end(),
            "l"),
        contained(
            "symlinkOverwrittenByDirectory",
            tar().symlink("l", OUTSIDE).dir("l").file("l/evil", "x").end(),
            "l/evil"),
        contained(
            "directorySwappedForSymlinkMidStream",
            tar().dir("d").file("d/a", "1").symlink("d", OUTSIDE).file("d/evil", "x").end(),
            "d",
            "outside/evil"),
        contained(
            "symlinkToRootAndBack",
            tar().symlink("r", "/").file("r/r/r/evil", "x").end(),
            "evil",
            "r"),
        refused(
            "symlinkLoop",
            tar().symlink("a", "b").symlink("b", "a").file("a/evil", "x").end(),
            "goes through too many links"),
        refused("symlinkToItself", tar().symlink("a", "a").file("a/x", "").end(), "too many links"),
        refused("symlinkWithoutTarget", tar().symlink("a", "").end(), "has an empty target"),
        refused(
            "fileThroughFile",
            tar().file("f", "x").file("f/evil", "x").end(),
            "goes through \"f\", which is no directory"),
        refused(
            "hardlinkAbsolute",
            tar().hardlink("l", OUTSIDE + "/secret").end(),
            "which is not in this layer"),
        refused(
            "hardlinkUpAndOut",
            tar().hardlink("l", ".." + OUTSIDE + "/secret").end(),
            "leaves the layer's"),
        refused(
            "hardlinkThroughSymlink",
            tar().symlink("s", OUTSIDE).hardlink("l", "s/secret").end(),
            "which is not in this layer"),
        contained(
            "hardlinkToSymlinkOutside",
            tar().symlink("s", OUTSIDE + "/secret").hardlink("l", "s").end(),
            "l",
            "s"),
        contained(
            "fileWrittenThroughHardlinkedSymlink",
            tar()
                .symlink("s", OUTSIDE + "/secret")
                .hardlink("l", "s")
                .file("l", "overwritten")
                .end(),
            "l",
            "s"),
        refused(
            "hardlinkPaxPathUp",
            tar().pax("linkpath", ".." + OUTSIDE + "/secret").hardlink("l", "ok").end(),
            "leaves the layer's root"),
        refused(
            "hardlinkToDirectory", tar().dir("d").hardlink("l", "d").end(), "names the directory"),
        refused("hardlinkToRoot", tar().hardlink("l", "/").end(), "names the directory"),
        refused(
            "hardlinkToMissing", tar().hardlink("l", "none").end(), "\"none\", which is not in"),
        contained("hardlinkToItself", tar().file("f", "x").hardlink("f", "f").end(), "f"),
        refused(
            "hardlinkReplacesItsTargetsDirectory",
            tar().dir("d").file("d/f", "x").hardlink("d", "d/f").end(),
            "takes the place of its target"),
        refused(
            "hardlinkToWhiteout",
            tar().file(".wh.gone", "").hardlink("l", "gone").end(),
            "which is not in this layer"));
  }

  static Stream<Trick> whiteouts() {
    return Stream.of(
        refused("whiteoutOfParent", tar().file(".wh...", "").end(), "names no file"),
        refused("whiteoutOfDot", tar().file(".wh..", "").end(), "names no file"),
        refused("whiteoutOfNothing", tar().file("d/.wh.", "").end(), "names no file"),
        refused("whiteoutUpAndOut", tar().file("../.wh.outside", "").end(), "leaves the layer's"),
        contained(
            "whiteoutThroughSymlink",
            tar().symlink("l", OUTSIDE).file("l/.wh.secret", "").end(),
            "l",
            "outside/secret"),
        contained(
            "opaqueThroughSymlink",
            tar().symlink("l", OUTSIDE).file("l/.wh..wh..opq", "").end(),
            "l",
            "outside"),
        contained("whiteoutOfOwnFileKeepsIt", tar().file("f", "x").file(".wh.f", "").end(), "f"),
        contained("whiteoutDirectory", tar().dir(".wh.d").file("x", "").end(), "d", "x"),
        contained(
            "aufsBookkeeping", tar().file(".wh..wh.plnk/1", "").file(".wh..wh.aufs", "").end()),
        refused("overlayWhiteoutDevice", tar().device('3', "c", 0, 0).end(), "device 0:0"),
        contained(
            "overlayAttributes",
            tar()
                .pax(
                    "SCHILY.xattr.trusted.overlay.redirect", "/../../outside",
                    "SCHILY.xattr.user.overlay.redirect", "/../../outside",
                    "SCHILY.xattr.user.overlay.opaque", "y")
                .dir("d")
                .end(),
            "d"),
        contained(
            "securityLabels",
            tar()
                .pax(
                    "SCHILY.xattr.security.selinux", "system_u:object_r:shadow_t:s0",
                    "SCHILY.xattr.security.ima", "x",
                    "SCHILY.xattr.system.posix_acl_access", "x")
                .file("f", "")
                .end(),
            "f"));
  }

  static Stream<Trick> numbers() {
    return Stream.of(
        refused(
            "negativeSize",
            tar().entry('0', "f", "", "x", h -> binary(h, 124, 12, -1)).end(),
            "negative size -1"),
        refused(
            "hugeSize",
            tar().entry('0', "f", "", "x", h -> binary(h, 124, 12, Long.MAX_VALUE)).end(),
            "out of range"),
        refused(
            "sizeBeyond64Bits",
            tar()
                .entry(
                    '0',
                    "f",
                    "",
                    "x",
                    h -> {
                      java.util.Arrays.fill(h, 124, 136, (byte) 0x7f);
                      h[124] = (byte) 0xbf;
                    })
                .end(),
            "does not fit 64 bits"),
        refused(
            "sizeNotOctal",
            tar().entry('0', "f", "", "x", h -> RawTar.text(h, 124, 12, "99999999999")).end(),
            "is not octal"),
        refused(
            "paxNegativeSize", tar().pax("size", "-5").file("f", "x").end(), "no number in range"),
        refused(
            "paxSizeLongerThanTar", tar().pax("size", "99999").file("f", "x").end(), "ends in the"),
        refused("paxHugeNumber", tar().pax("size", "9".repeat(40)).file("f", "").end(), "in range"),
        refused(
            "paxUidOutOfRange", tar().pax("uid", "4294967295").file("f", "").end(), "out of range"),
        refused(
            "negativeUid",
            tar().entry('0', "f", "", "", h -> binary(h, 108, 8, -2)).end(),
            "uid -2 out of range"),
        refused(
            "paxTimeNonsense", tar().pax("mtime", "yesterday").file("f", "").end(), "is no time"),
        refused("paxTimeBomb", tar().pax("mtime", "1e999999999").file("f", "").end(), "time"),
        refused(
            "deviceNumberOutOfRange", tar().device('3', "c", 0x1fffff, 0).end(), "out of range"),
        refused(
            "paxRecordLongerThanHeader",
            tar().entry('x', "p", "", "999 path=a\n").file("f", "").end(),
            "bad length"),
        refused(
            "paxRecordWithoutLength",
            tar().entry('x', "p", "", "path=a\n").file("f", "").end(),
            "record length"),
        refused(
            "paxRecordZeroLength",
            tar().entry('x', "p", "", "0 a=b\n").file("f", "").end(),
            "bad length"),
        refused(
            "paxRecordWithoutEnd",
            tar().entry('x', "p", "", "7 a=bcd").file("f", "").end(),
            "malformed"),
        refused(
            "paxHeaderTooLong",
            tar()
                .entry('x', "p", "", "", h -> RawTar.text(h, 124, 12, "77777777777"))
                .file("f", "")
                .end(),
            "longer than the limit"));
  }

  static Stream<Trick> forms() {
    return Stream.of(
        refused("badChecksum", spoiledChecksum(), "checksum"),
        refused(
            "garbage",
            "this is no tar at all"
                .repeat(100)
                .getBytes(java.nio.charset.StandardCharsets.US_ASCII),
            "checksum"),
        refused("truncatedHeader", tar().file("f", "x").dir("d").cut(100), "ends in the middle"),
        refused(
            "truncatedContent",
            tar().file("f", "x".repeat(1000)).cut(800),
            "ends in the middle of \"f\""),
        refused("truncatedPadding", tar().file("f", "x").cut(10), "ends in the middle of \"f\""),
        contained("endWithoutZeroBlocks", tar().file("f", "x").cut(0), "f"),
        contained(
            "entriesAfterTheEnd",
            tar().file("f", "x").raw(new byte[1024]).file("hidden", "x").end(),
            "f"),
        contained(
            "trailingGarbage",
            tar().file("f", "x").raw(new byte[1024]).raw(new byte[777]).cut(0),
            "f"),
        contained("emptyStream", new byte[0]),
        refused("unknownType", tar().entry('Z', "f", "", "").end(), "unknown type 'Z'"),
        refused("multiVolume", tar().entry('M', "f", "", "").end(), "unknown type 'M'"),
        contained("volumeLabel", tar().entry('V', "label", "", "").file("f", "").end(), "f"),
        contained("linkWithSizeHasNoContent", linkWithSize(), "f", "l"),
        contained("duplicateFile", tar().file("f", "1").file("f", "2").file("f", "3").end(), "f"),
        contained(
            "fileReplacesTree",
            tar().dir("d").dir("d/e").file("d/e/f", "x").file("d", "x").end(),
            "d"),
        contained("treeReplacesFile", tar().file("d", "x").dir("d").file("d/f", "x").end(), "d/f"),
        contained(
            "closedDirectoryBeforeItsContent",
            tar()
                .entry('5', "d", "", "", h -> RawTar.text(h, 100, 8, "0000000"))
                .file("d/f", "x")
                .end(),
            "d/f"),
        refused(
            "sparseBeyondItsEnd",
            sparse("GNU.sparse.map", "0,1,1000000,5", "GNU.sparse.size", "10"),
            "has data up to 1000005 but 10 bytes"),
        refused(
            "sparseOverlap",
            sparse("GNU.sparse.map", "0,4,2,2", "GNU.sparse.size", "10"),
            "overlapping parts"),
        refused(
            "sparseNegative",
            sparse("GNU.sparse.map", "-1,6", "GNU.sparse.size", "10"),
            "no number in range"),
        refused(
            "sparseMoreDataThanStored",
            sparse("GNU.sparse.map", "0,7", "GNU.sparse.size", "10"),
            "parts of 7 bytes but 6 bytes of data"),
        refused(
            "sparseLargerThanLimit",
            sparse("GNU.sparse.map", "0,6", "GNU.sparse.size", "99999999999999999"),
            "larger than the limit"),
        refused(
            "sparseMapNotDecimal",
            sparse("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "9"),
            "ends in its map"),
        refused(
            "sparseOddMap",
            sparse("GNU.sparse.map", "0,1,2", "GNU.sparse.size", "9"),
            "3 numbers"));
  }

  private static byte[] sparse(String... records) {
    return tar().pax(records).file("s", "123456").end();
  }

  private static byte[] linkWithSize() {
    return tar().file("f", "x").raw(RawTar.header('1', "l", "f", 4096, _ -> {})).end();
  }

  private static byte[] spoiledChecksum() {
    byte[] bytes = tar().file("f", "x").end();
    bytes[0] ^= 1;
    return bytes;
  }

  private static void binary(byte[] header, int offset, int room, long value) {
    for (int i = 0; i < room; i++) {
      int shift = 8 * (room - 1 - i);
      header[offset + i] = (byte) (shift >= 64 ? value >> 63 : value >> shift);
    }
    header[offset] |= (byte) 0x80;
    if (value >= 0) {
      header[offset] &= (byte) 0xbf;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"names", "links", "whiteouts", "numbers", "forms"})
  void hostStaysAsItIs(Trick trick) throws IOException {
    List<String> before = Trees.describe(outside);
    byte[] bytes = trick.tar;
    Throwable thrown =
        catchThrowable(() -> extract(new ByteArrayInputStream(bytes), ExtractLimits.DEFAULT));
    assertThat(Trees.describe(outside)).as("HOST FILES WERE CHANGED").isEqualTo(before);
    assertThat(temporary.toFile().list()).as("HOST HAS NEW FILES").containsOnly("target");
    if (trick.refused) {
      assertThat(thrown)
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining(trick.expected.getFirst());
      assertThat(target).as("something is left behind").isEmptyDirectory();
    } else {
      assertThat(thrown).isNull();
      List<String> leaves = leaves();
      assertThat(leaves).containsExactlyInAnyOrder(aimed(trick.expected));
    }
  }

  private static String[] aimed(List<String> expected) {
    String below = OUTSIDE.substring(1);
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
    assertThat(thrown).hasMessage("layer has more than the limit of 20000 entries");
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
