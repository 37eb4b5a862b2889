package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {

  static List<Compression> kinds() {
    return List.of(
        Compression.uncompressed(),
        new Compression.Gzip(0),
        new Compression.Gzip(1),
        Compression.gzip(),
        new Compression.Gzip(6),
        new Compression.Gzip(9),
        Compression.zstd(),
        new Compression.Zstd(9),
        Compression.estargz(),
        new Compression.Estargz(9));
  }

  /** Text, noise and zeros in turns that fit no block size, as a layer's tar. */
  private static byte[] layer() {
    Random random = new Random(42);
    List<TreeChange> changes = new ArrayList<>();
    changes.add(new TreeEntry.Directory(BytePath.ROOT, Trees.attributes(0755)));
    for (int i = 0; i < 12; i++) {
      byte[] bytes = new byte[i == 5 ? 9_000_001 : random.nextInt(900_000)];
      if (i % 3 == 0) {
        random.nextBytes(bytes);
      } else if (i % 3 == 1) {
        for (int at = 0; at < bytes.length; at++) {
          bytes[at] = (byte) ("the quick brown fox " + at / 97).charAt(at % 20);
        }
      }
      changes.add(
          new TreeEntry.RegularFile(
              BytePath.of(String.format("f%02d", i)),
              Trees.attributes(0644),
              bytes.length,
              ContentSource.of(bytes)));
    }
    return Trees.tar(changes);
  }

  private static final class Made {
    final byte[] blob;
    final CompressedLayer layer;

    Made(byte[] blob, CompressedLayer layer) {
      this.blob = blob;
      this.layer = layer;
    }

    static Made of(byte[] tar, Compression kind, int parallelism, long seed) throws IOException {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Random cuts = new Random(seed);
      try (CompressedLayerStream stream = CompressedLayerStream.open(out, kind, parallelism)) {
        int at = 0;
        while (at < tar.length) {
          int n = Math.min(tar.length - at, 1 + cuts.nextInt(500_000));
          stream.write(tar, at, n);
          at += n;
        }
        CompressedLayer layer = stream.finish();
        return new Made(out.toByteArray(), layer);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void bytesDependNeitherOnThreadsNorOnHowTheyCame(Compression kind) throws IOException {
    byte[] tar = layer();
    Made first = Made.of(tar, kind, 1, 1);
    for (int parallelism : new int[] {2, 3, 8}) {
      Made again = Made.of(tar, kind, parallelism, parallelism);
      assertThat(again.blob).isEqualTo(first.blob);
      assertThat(again.layer).isEqualTo(first.layer);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void saysWhatItWrote(Compression kind) throws IOException {
    byte[] tar = layer();
    Made made = Made.of(tar, kind, 2, 7);
    assertThat(made.layer.digest()).isEqualTo(Digest.of(made.blob));
    assertThat(made.layer.size()).isEqualTo(made.blob.length);
    byte[] read = decompress(made.blob);
    assertThat(made.layer.diffId().digest()).isEqualTo(Digest.of(read));
    assertThat(made.layer.tarSize()).isEqualTo(read.length);
    if (!(kind instanceof Compression.Estargz)) {
      assertThat(read).isEqualTo(tar);
    }
  }

  private static byte[] decompress(byte[] blob) throws IOException {
    try (InputStream in = Decompression.detect(new ByteArrayInputStream(blob))) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255 * 1024, 256 * 1024, 256 * 1024 + 1, 512 * 1024})
  void anyLengthIsReadBackByTheJdk(int length) throws IOException {
    byte[] bytes = new byte[length];
    new Random(3).nextBytes(bytes);
    Made made = Made.of(bytes, Compression.gzip(), 2, 1);
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(made.blob))) {
      assertThat(in.readAllBytes()).isEqualTo(bytes);
    }
    assertThat(decompress(Made.of(bytes, Compression.zstd(), 2, 1).blob)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4 << 20, (4 << 20) + 1, 9 << 20})
  void zstdIsFramesOfFourMebibytesWithTheirSizes(int length) throws IOException {
    byte[] bytes = new byte[length];
    new Random(4).nextBytes(bytes);
    byte[] blob = Made.of(bytes, Compression.zstd(), 2, 1).blob;
    assertThat(decompress(blob)).isEqualTo(bytes);
    int at = 0;
    List<Long> sizes = new ArrayList<>();
    while (at < blob.length) {
      int frame = (int) com.github.luben.zstd.Zstd.findFrameCompressedSize(blob, at);
      sizes.add(com.github.luben.zstd.Zstd.getFrameContentSize(blob, at, frame));
      at += frame;
    }
    List<Long> expected = new ArrayList<>();
    for (long left = length; left > 0 || expected.isEmpty(); left -= 4 << 20) {
      expected.add(Math.min(left, 4 << 20));
    }
    assertThat(sizes).isEqualTo(expected);
  }

  @Test
  void zstdThatEndsInsideAFrameOrNeedsAHugeWindowIsDamaged() throws IOException {
    byte[] bytes = new byte[300_000];
    new Random(6).nextBytes(bytes);
    byte[] blob = Made.of(bytes, Compression.zstd(), 2, 1).blob;
    for (int length : new int[] {4, 5, 12, 131_000, blob.length - 1}) {
      assertThatThrownBy(() -> decompress(Arrays.copyOf(blob, length)))
          .hasMessage("zstd stream is damaged: it ends inside a frame");
    }
    byte[] flipped = blob.clone();
    flipped[200_000] ^= 1;
    assertThatThrownBy(() -> decompress(flipped))
        .hasMessageContaining("zstd stream is damaged: Restored data doesn't match checksum");
    // A window descriptor of 2^41 bytes, no size.
    byte[] huge = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) 0xf8, 1, 0, 0};
    assertThatThrownBy(() -> decompress(huge))
        .hasMessageContaining("zstd stream is damaged: Frame requires too much memory");
  }

  @Test
  void skippableFramesAreSkipped() throws IOException {
    byte[] blob = Made.of(new byte[] {1, 2, 3}, Compression.zstd(), 1, 1).blob;
    ByteArrayOutputStream framed = new ByteArrayOutputStream();
    byte[] skip = {0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9};
    framed.writeBytes(skip);
    framed.writeBytes(blob);
    framed.writeBytes(skip);
    framed.writeBytes(blob);
    assertThat(decompress(framed.toByteArray())).containsExactly(1, 2, 3, 1, 2, 3);
  }

  /** More layers at once than there is budget for: each still has two blocks, and ends. */
  @Test
  void manyLayersAtOnceShareTheMemory() throws Exception {
    byte[] tar = layer();
    byte[] alone = Made.of(tar, Compression.zstd(), 8, 1).blob;
    try (var scope = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      List<java.util.concurrent.Future<Made>> all = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int seed = i;
        all.add(scope.submit(() -> Made.of(tar, Compression.zstd(), 24, seed)));
      }
      for (var made : all) {
        assertThat(made.get().blob).isEqualTo(alone);
      }
    }
  }

  @Test
  void gzipOfNoiseIsStoredAndOfTextIsSmall() throws IOException {
    byte[] noise = new byte[3 << 20];
    new Random(5).nextBytes(noise);
    assertThat(Made.of(noise, Compression.gzip(), 2, 1).blob.length)
        .isBetween(noise.length, noise.length + noise.length / 1000);
    byte[] repeated = new byte[3 << 20];
    for (int i = 0; i < repeated.length; i++) {
      // Every byte value equally often, but nothing new after the first 300 bytes.
      repeated[i] = (byte) (i % 256);
    }
    assertThat(Made.of(repeated, Compression.gzip(), 2, 1).blob.length).isLessThan(30_000);
  }

  @Test
  void gzipHeaderSaysNothingOfTheMachine() throws IOException {
    assertThat(Arrays.copyOf(Made.of(new byte[10], Compression.gzip(), 1, 1).blob, 10))
        .containsExactly(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
  }

  @Test
  void levelsOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new Compression.Gzip(10))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("gzip level 10 is not between 0 and 9");
    assertThatThrownBy(() -> new Compression.Zstd(23)).isInstanceOf(BuildFailure.class);
  }

  @Test
  void aStreamThatIsGivenUpEndsItsWork() throws IOException {
    for (Compression kind : kinds()) {
      try (CompressedLayerStream stream =
          CompressedLayerStream.open(new ByteArrayOutputStream(), kind)) {
        stream.write(new byte[2 << 20]);
      }
    }
  }

  @Test
  void estargzTableFindsEveryFileByItself() throws IOException {
    byte[] tar = layer();
    Made made = Made.of(tar, Compression.estargz(), 2, 1);
    byte[] blob = made.blob;
    byte[] footer = Arrays.copyOfRange(blob, blob.length - 51, blob.length);
    long tocOffset = Long.parseLong(new String(footer, 16, 16, StandardCharsets.US_ASCII), 16);
    assertThat(footer).isEqualTo(EstargzWriter.footer(tocOffset));
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(footer))) {
      assertThat(in.readAllBytes()).isEmpty();
    }
    TarReader tocTar = new TarReader(member(blob, tocOffset), ExtractLimits.DEFAULT);
    TarEntry tocEntry = tocTar.next().orElseThrow();
    assertThat(tocEntry.name()).isEqualTo("stargz.index.json");
    byte[] json = new byte[(int) tocEntry.size()];
    for (int n = 0; n < json.length; ) {
      n += tocTar.read(json, n, json.length - n);
    }
    assertThat(made.layer.annotations())
        .containsEntry("containerd.io/snapshot/stargz/toc.digest", Digest.of(json).toString());
    JsonNode toc = new ObjectMapper().readTree(json);
    assertThat(toc.get("version").asInt()).isEqualTo(1);
    int chunks = 0;
    long size = 0;
    for (JsonNode entry : toc.get("entries")) {
      if (entry.get("type").asText().equals("reg")) {
        size = entry.path("size").asLong();
      }
      if (entry.has("chunkDigest")) {
        long length = entry.has("chunkSize") ? entry.get("chunkSize").asLong() : size;
        byte[] chunk = member(blob, entry.get("offset").asLong()).readNBytes((int) length);
        assertThat(Digest.of(chunk)).hasToString(entry.get("chunkDigest").asText());
        chunks++;
      }
    }
    assertThat(chunks).isEqualTo(14);
  }

  private static InputStream member(byte[] blob, long offset) throws IOException {
    return new GZIPInputStream(
        new ByteArrayInputStream(blob, (int) offset, blob.length - (int) offset));
  }

  @Test
  void estargzKeepsEveryEntryAndWritesHolesOut() throws IOException {
    byte[] tar = layer();
    List<String> before = entries(tar);
    assertThat(before).anyMatch(line -> line.endsWith("sparse"));
    List<String> after = entries(decompress(Made.of(tar, Compression.estargz(), 2, 1).blob));
    assertThat(after).last().asString().startsWith("stargz.index.json");
    assertThat(after.subList(0, after.size() - 1))
        .isEqualTo(before.stream().map(line -> line.replace(" sparse", "")).toList());
  }

  private static List<String> entries(byte[] tar) throws IOException {
    List<String> lines = new ArrayList<>();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar), ExtractLimits.DEFAULT);
    for (Optional<TarEntry> e = reader.next(); e.isPresent(); e = reader.next()) {
      TarEntry entry = e.get();
      lines.add(
          entry.name()
              + " "
              + entry.attributes()
              + " "
              + entry.size()
              + (entry.sparse().isPresent() ? " sparse" : ""));
    }
    return lines;
  }
}
