package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What other people's compressors write. */
@Tag("peer")
class DecompressionIT {
  @TempDir private Path temporary;

  private byte[] compressed(String program, String suffix) throws Exception {
    Tools.requireTool(program);
    Path plain =
        Files.write(
            temporary.resolve("plain"),
            "text ".repeat(100_000).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    Tools.run(temporary, program, "-k", "-f", plain.toString());
    return Files.readAllBytes(temporary.resolve("plain" + suffix));
  }

  @ParameterizedTest
  @CsvSource({"gzip,.gz,GZIP", "bzip2,.bz2,BZIP2", "xz,.xz,XZ", "zstd,.zst,ZSTD"})
  void isToldByItsFirstBytesAndReadWhole(String program, String suffix, Decompression kind)
      throws Exception {
    byte[] bytes = compressed(program, suffix);
    assertThat(Decompression.of(bytes)).isEqualTo(kind);
    byte[] plain = Files.readAllBytes(temporary.resolve("plain"));
    try (InputStream in = Decompression.detect(new ByteArrayInputStream(bytes))) {
      assertThat(in.readAllBytes()).isEqualTo(plain);
    }
    InputStream twice =
        new SequenceInputStream(new ByteArrayInputStream(bytes), new ByteArrayInputStream(bytes));
    try (InputStream in = Decompression.detect(twice)) {
      assertThat(in.readAllBytes()).hasSize(2 * plain.length);
    }
  }

  @ParameterizedTest
  @CsvSource({"gzip,.gz", "bzip2,.bz2", "xz,.xz", "zstd,.zst"})
  void damageIsCorruptAndATroubledSourceIsNot(String program, String suffix) throws Exception {
    byte[] bytes = compressed(program, suffix);
    byte[] cut = Arrays.copyOf(bytes, bytes.length - 6);
    assertThatThrownBy(() -> Decompression.detect(new ByteArrayInputStream(cut)).readAllBytes())
        .isInstanceOfSatisfying(
            BuildFailure.class, e -> assertThat(e.kind()).isEqualTo(BuildFailure.Kind.CORRUPT))
        .hasMessageMatching("\\w+ stream is damaged: (?!null).+");
    InputStream failing =
        new SequenceInputStream(
            new ByteArrayInputStream(cut),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("the line is dead");
              }

              @Override
              public int read(byte[] bytes, int offset, int length) throws IOException {
                throw new IOException("the line is dead");
              }
            });
    assertThatThrownBy(() -> Decompression.detect(failing).readAllBytes())
        .isInstanceOf(IOException.class)
        .hasMessage("the line is dead");
  }

  @ParameterizedTest
  @CsvSource({"gzip -dc", "pigz -dc", "zstd -dc", "python3 -m gzip -d -"})
  void othersReadWhatEveryLevelMakes(String command) throws Exception {
    String[] words = command.split(" ");
    Tools.requireTool(words[0]);
    byte[] bytes = Files.readAllBytes(Path.of("target/classes/dev/jbuild/layer/TarReader.class"));
    byte[] tar = new byte[900_001];
    for (int at = 0; at < tar.length; at += bytes.length) {
      // A change in each copy, so that neither one match nor a block of one kind says it all.
      bytes[at % bytes.length]++;
      System.arraycopy(bytes, 0, tar, at, Math.min(bytes.length, tar.length - at));
    }
    new java.util.Random(1).nextBytes(bytes);
    System.arraycopy(bytes, 0, tar, 300_000, bytes.length);
    for (int level = 0; level <= 9; level++) {
      Path blob = temporary.resolve("level" + level + ".gz");
      try (java.io.OutputStream out = Files.newOutputStream(blob);
          CompressedLayerStream stream =
              CompressedLayerStream.open(out, new Compression.Gzip(level))) {
        stream.write(tar);
        stream.finish();
      }
      Path plain = temporary.resolve("plain" + level);
      Process process =
          new ProcessBuilder(words)
              .redirectInput(blob.toFile())
              .redirectOutput(plain.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertThat(process.waitFor()).as("level %d", level).isZero();
      assertThat(Files.readAllBytes(plain)).as("level %d", level).isEqualTo(tar);
    }
  }

  @Test
  void othersReadZstdFramesInARow() throws Exception {
    Tools.requireTool("zstd");
    byte[] tar = new byte[(9 << 20) + 7];
    for (int at = 0; at < tar.length; at++) {
      tar[at] = (byte) (at % 251 + at / 70_001);
    }
    for (int level : new int[] {1, 3, 10, 19}) {
      Path blob = temporary.resolve("level" + level + ".zst");
      try (java.io.OutputStream out = Files.newOutputStream(blob);
          CompressedLayerStream stream =
              CompressedLayerStream.open(out, new Compression.Zstd(level))) {
        stream.write(tar);
        stream.finish();
      }
      Path plain = temporary.resolve("plain" + level);
      Tools.run(temporary, "zstd", "-q", "-d", blob.toString(), "-o", plain.toString());
      assertThat(Files.readAllBytes(plain)).as("level %d", level).isEqualTo(tar);
    }
  }

  @Test
  void whatIsNotCompressedPassesThrough() throws IOException {
    for (int length : new int[] {0, 1, 9, 100}) {
      byte[] bytes = new byte[length];
      assertThat(Decompression.detect(new ByteArrayInputStream(bytes)).readAllBytes())
          .isEqualTo(bytes);
    }
  }
}
