package dev.jbuild.layer;

import static dev.jbuild.layer.Trick.contained;
import static dev.jbuild.layer.Trick.refused;
import static dev.jbuild.layer.Trick.tar;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.stream.Stream;

/** Tars that are not what they say: numbers that lie, and forms that are broken. */
final class FormTricks {
  private FormTricks() {}

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
                      Arrays.fill(h, 124, 136, (byte) 0x7f);
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
        refused("garbage", "this is no tar at all".repeat(100).getBytes(US_ASCII), "checksum"),
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
}
