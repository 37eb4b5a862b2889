package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.FileType;
import dev.jbuild.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of canonical tars, with Commons Compress as a reader that is not ours. */
class LayerWriterTest {
  private static final Attributes PLAIN = Trees.attributes(0644);

  private static TreeEntry.RegularFile file(String path, Attributes attributes, String content) {
    byte[] bytes = content.getBytes(ISO_8859_1);
    return new TreeEntry.RegularFile(
        BytePath.of(path), attributes, bytes.length, ContentSource.of(bytes));
  }

  private static List<TarArchiveEntry> foreign(byte[] tar) throws IOException {
    List<TarArchiveEntry> entries = new ArrayList<>();
    try (TarArchiveInputStream in =
        new TarArchiveInputStream(new ByteArrayInputStream(tar), "ISO-8859-1")) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        entries.add(e);
      }
    }
    return entries;
  }

  private static TarEntry own(byte[] tar) throws IOException {
    return new TarReader(new ByteArrayInputStream(tar), ExtractLimits.DEFAULT).next().orElseThrow();
  }

  @Test
  void anOrdinaryFileIsOneUstarHeader() {
    byte[] tar =
        Trees.tar(
            List.of(
                file(
                    "etc/motd",
                    Attributes.of(0640, 1000, 50, Instant.ofEpochSecond(1_700_000_000L)),
                    "hi\n")));
    assertThat(tar).hasSize(512 + 512 + 1024);
    String header = new String(tar, 0, 512, ISO_8859_1);
    assertThat(header.replace('\0', '~').replaceAll("~+$", ""))
        .isEqualTo(
            "etc/motd"
                + "~".repeat(92)
                + "0000640~"
                + "0001750~"
                + "0000062~"
                + "00000000003~"
                + "14524770400~"
                + checksum(tar)
                + "0"
                + "~".repeat(100)
                + "ustar~00"
                + "~".repeat(64)
                + "0000000~0000000");
    assertThat(new String(tar, 512, 4, ISO_8859_1)).isEqualTo("hi\n\0");
  }

  private static String checksum(byte[] tar) {
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += i >= 148 && i < 156 ? ' ' : tar[i] & 0xff;
    }
    return String.format("%06o~ ", sum);
  }

  /** A change here changes the digest of every layer ever made: only on purpose. */
  @Test
  void theFormIsFixed() {
    Xattrs xattrs =
        Xattrs.of(Map.of("user.b", new byte[] {0, (byte) 0xff}, "user.a", new byte[] {'\n'}));
    byte[] zeros = new byte[3 << 20];
    zeros[2_000_000] = 1;
    List<TreeChange> changes =
        List.of(
            new TreeEntry.Directory(BytePath.ROOT, Trees.attributes(01777)),
            new TreeEntry.Directory(BytePath.of("d"), PLAIN.withXattrs(xattrs)),
            new OpaqueMark(BytePath.of("d")),
            file("d/" + "n".repeat(120), PLAIN, "long"),
            file("d/" + "p".repeat(90) + "/" + "q".repeat(90), PLAIN, "split"),
            new Whiteout(BytePath.of("gone")),
            new TreeEntry.HardLink(
                BytePath.of("h"), PLAIN, FileType.REGULAR, BytePath.of("d/" + "n".repeat(120))),
            file("id", PLAIN.withOwner(3_000_000, 4_294_967_294L), ""),
            new TreeEntry.RegularFile(
                BytePath.of("sparse"), PLAIN, zeros.length, ContentSource.of(zeros)),
            file("time", PLAIN.withMtime(Instant.ofEpochSecond(-2, 500_000_000)), ""));
    assertThat(Digest.of(Trees.tar(changes)))
        .hasToString("sha256:bdbe6c3b4a423f6c4c4aa923fbfb8c9768cdff466516c6011243cd27b60bfe9b");
  }

  @Test
  void readersThatAreNotOursAgree() throws IOException {
    String longName = "n".repeat(150) + "/" + "m".repeat(150);
    byte[] tar =
        Trees.tar(
            List.of(
                file("big-ids", PLAIN.withOwner(3_000_000, 4_000_000_000L), "x"),
                file("early", PLAIN.withMtime(Instant.ofEpochSecond(-1, 250_000_000)), ""),
                new TreeEntry.Symlink(BytePath.of("link"), Trees.attributes(0777), "t".repeat(200)),
                file(longName, PLAIN, "y"),
                new TreeEntry.Device(
                    BytePath.of("z"), PLAIN, FileType.BLOCK_DEVICE, 259, 1_048_575)));
    List<TarArchiveEntry> entries = foreign(tar);
    assertThat(entries)
        .extracting(TarArchiveEntry::getName)
        .containsExactly("big-ids", "early", "link", longName, "z");
    assertThat(entries.get(0).getLongUserId()).isEqualTo(3_000_000);
    assertThat(entries.get(0).getLongGroupId()).isEqualTo(4_000_000_000L);
    assertThat(entries.get(1).getLastModifiedTime().toInstant())
        .isEqualTo(Instant.ofEpochSecond(-1, 250_000_000));
    assertThat(entries.get(2).getLinkName()).isEqualTo("t".repeat(200));
    assertThat(entries.get(4).getDevMajor()).isEqualTo(259);
    assertThat(entries.get(4).getDevMinor()).isEqualTo(1_048_575);
  }

  @ParameterizedTest
  @ValueSource(ints = {99, 100, 101, 154, 155, 156, 255, 256, 257, 300, 4095})
  void namesOfAnyLengthComeBack(int length) throws IOException {
    for (int slash : new int[] {0, 50, 99, 154, 155, 156}) {
      StringBuilder name = new StringBuilder("x".repeat(length));
      if (slash > 0 && slash < length - 1) {
        name.setCharAt(slash, '/');
      }
      byte[] tar = Trees.tar(List.of(file(name.toString(), PLAIN, "")));
      assertThat(own(tar).name()).isEqualTo(name.toString());
      assertThat(foreign(tar).getFirst().getName()).isEqualTo(name.toString());
    }
  }

  @Test
  void sizesBeyondUstarGoIntoThePaxHeader() {
    long size = (8L << 30) + 5;
    ContentSource endless =
        () ->
            new InputStream() {
              @Override
              public int read() {
                return 'x';
              }

              @Override
              public int read(byte[] bytes, int offset, int length) {
                Arrays.fill(bytes, offset, offset + length, (byte) 'x');
                return length;
              }
            };
    ByteArrayOutputStream start = new ByteArrayOutputStream();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("full");
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            start.write(bytes, offset, length);
            if (start.size() > 4096) {
              throw new IOException("full");
            }
          }
        };
    assertThatThrownBy(() ->
            new LayerWriter(full, LayerWriter.Options.CANONICAL)
                .write(new TreeEntry.RegularFile(BytePath.of("big"), PLAIN, size, endless)))
        .hasMessage("full");
    assertThat(new String(start.toByteArray(), 512, 20, ISO_8859_1))
        .startsWith("19 size=8589934597\n");
    assertThat(new String(start.toByteArray(), 1024 + 124, 11, ISO_8859_1))
        .isEqualTo("00000000000");
  }

  @Test
  void aFileThatShrinksWhileItIsReadIsSaid() {
    TreeEntry entry =
        new TreeEntry.RegularFile(BytePath.of("f"), PLAIN, 10, ContentSource.of(new byte[4]));
    assertThatThrownBy(() -> Trees.tar(List.of(entry)))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("file \"f\" changes while it is read: 6 of its 10 bytes are missing");
  }

  @Test
  void aFileThatGrowsIsCutAtItsSize() throws IOException {
    TreeEntry entry =
        new TreeEntry.RegularFile(BytePath.of("f"), PLAIN, 3, ContentSource.of(new byte[900]));
    assertThat(Trees.tar(List.of(entry))).hasSize(512 + 512 + 1024);
    assertThat(own(Trees.tar(List.of(entry))).size()).isEqualTo(3);
  }

  @Test
  void timesAreHeldAtTheEpochGiven() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Instant latest = Instant.ofEpochSecond(1000);
    LayerWriter writer = new LayerWriter(out, LayerWriter.Options.notAfter(latest));
    writer.write(file("a", PLAIN.withMtime(latest.plusNanos(1)), ""));
    writer.write(file("b", PLAIN.withMtime(latest.minusNanos(1)), ""));
    writer.finish();
    TarReader reader =
        new TarReader(new ByteArrayInputStream(out.toByteArray()), ExtractLimits.DEFAULT);
    assertThat(reader.next().orElseThrow().mtime()).isEqualTo(latest);
    assertThat(reader.next().orElseThrow().mtime()).isEqualTo(latest.minusNanos(1));
  }

  @Test
  void orderAndNamesAreHeld() {
    assertThatThrownBy(() -> Trees.tar(List.of(file("b", PLAIN, ""), file("a", PLAIN, ""))))
        .hasMessage("change of \"a\" comes after \"b\"");
    assertThatThrownBy(() -> Trees.tar(List.of(file("a", PLAIN, ""), file("a", PLAIN, ""))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Trees.tar(List.of(file("d/.wh.x", PLAIN, ""))))
        .hasMessageContaining("means a deletion");
    assertThatThrownBy(() ->
            Trees.tar(
                List.of(
                    file("f", PLAIN.withXattrs(Xattrs.of(Map.of("user.a=b", new byte[1]))), ""))))
        .hasMessageContaining("has \"=\" in its name");
  }

  @Test
  void socketsAreLeftOut() {
    assertThat(Trees.tar(List.of(new TreeEntry.Socket(BytePath.of("s"), PLAIN)))).hasSize(1024);
  }

  @Test
  void capabilitiesLoseTheNamespaceTheyWereSetIn() {
    byte[] inNamespace = new byte[24];
    inNamespace[0] = 1;
    inNamespace[3] = 3;
    inNamespace[20] = 42;
    byte[] expected = new byte[20];
    expected[0] = 1;
    expected[3] = 2;
    assertThat(Capability.portable(inNamespace)).isEqualTo(expected);
    assertThat(Capability.portable(expected)).isEqualTo(expected);
  }
}
