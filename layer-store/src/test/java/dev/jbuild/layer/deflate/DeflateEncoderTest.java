package dev.jbuild.layer.deflate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeflateEncoderTest {
  private static final int SHAPES = 700;

  private static void assertReadBack(int level, byte[] bytes) throws DataFormatException {
    assertThat(Deflated.read(Deflated.of(level, bytes), bytes.length)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void zlibReadsBackWhatOfManyShapesIsMade(int level) throws DataFormatException {
    DeflateEncoder encoder = new DeflateEncoder(level);
    Random cuts = new Random(level);
    for (int seed = 0; seed < SHAPES; seed++) {
      byte[] bytes = new Shapes(1000L * level + seed).next();
      int piece = cuts.nextBoolean() ? bytes.length + 1 : 1 + cuts.nextInt(bytes.length + 1);
      byte[] deflated = Deflated.of(encoder, bytes, Math.max(piece, bytes.length / 8 + 1));
      assertThat(Deflated.read(deflated, bytes.length)).as("seed %d", seed).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void shortInputsOfEveryLengthAreReadBack(int level) throws DataFormatException {
    byte[] noise = new byte[300];
    new Random(level).nextBytes(noise);
    for (int length = 0; length <= 300; length++) {
      assertReadBack(level, Arrays.copyOf(noise, length));
      assertReadBack(level, new byte[length]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void everyPeriodIsFound(int level) throws DataFormatException {
    Random random = new Random(level);
    for (int period = 1; period <= 300; period++) {
      byte[] bytes = new byte[4000];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = i < period ? (byte) random.nextInt() : bytes[i - period];
      }
      byte[] deflated = Deflated.of(level, bytes);
      assertThat(Deflated.read(deflated, bytes.length)).isEqualTo(bytes);
      assertThat(deflated.length).as("period %d", period).isLessThan(period + 100);
    }
  }

  @Test
  void matchesReachAsFarAsTheWindowAndNoFurther() throws DataFormatException {
    byte[] phrase = "a phrase that is found nowhere else".getBytes(StandardCharsets.US_ASCII);
    byte[] noise = new byte[40_000];
    new Random(8).nextBytes(noise);
    int[] sizes = new int[2];
    for (int i = 0; i < 2; i++) {
      byte[] bytes = noise.clone();
      int at = 100;
      System.arraycopy(phrase, 0, bytes, at, phrase.length);
      // Not even the position after the phrase's first may be near enough.
      int distance = i == 0 ? Symbols.WINDOW : Symbols.WINDOW + phrase.length;
      System.arraycopy(phrase, 0, bytes, at + distance, phrase.length);
      // Literals of few values, so that the whole is not stored, and looked at byte by byte.
      for (int k = 0; k < bytes.length; k++) {
        bytes[k] = k % 64 == 0 ? 0 : bytes[k];
      }
      System.arraycopy(phrase, 0, bytes, at, phrase.length);
      System.arraycopy(phrase, 0, bytes, at + distance, phrase.length);
      System.arraycopy(phrase, 0, bytes, at + distance, phrase.length);
      byte[] data = Arrays.copyOfRange(bytes, at, bytes.length);
      sizes[i] = tokens(data, distance);
      assertReadBack(4, data);
    }
    assertThat(sizes[0]).isEqualTo(Symbols.WINDOW);
    assertThat(sizes[1]).isZero();
  }

  /** The distance of the match that begins at {@code at}, 0 if none does. */
  private static int tokens(byte[] bytes, int at) {
    Parser parser = new DoubleHashParser(14, true);
    byte[] data = Arrays.copyOf(bytes, bytes.length + PieceDeflater.SLACK);
    // With all before it as dictionary the parser has not begun to skip.
    int from = at - 1;
    parser.start(data, from);
    Tokens tokens = new Tokens();
    parser.parse(data, from, bytes.length, tokens, new Histogram());
    int position = from;
    for (int i = 0; i < tokens.count; i++) {
      long sequence = tokens.sequences[i];
      position += Tokens.literals(sequence);
      if (position == at && Tokens.length(sequence) > 0) {
        return Tokens.distance(sequence);
      }
      position += Tokens.length(sequence);
    }
    return 0;
  }

  @Test
  void codesThatWouldBeTooLongAreReadBack() throws DataFormatException {
    // Frequencies like Fibonacci's numbers make codes as long as the alphabet.
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int value = 0, a = 1, b = 1; value < 24; value++, b += a, a = b - a) {
      for (int i = 0; i < a; i++) {
        bytes.write(value * 7);
      }
    }
    byte[] shuffled = bytes.toByteArray();
    Random random = new Random(4);
    for (int i = shuffled.length - 1; i > 0; i--) {
      int k = random.nextInt(i + 1);
      byte swapped = shuffled[i];
      shuffled[i] = shuffled[k];
      shuffled[k] = swapped;
    }
    for (int level = 1; level <= DeflateEncoder.MAX_LEVEL; level++) {
      assertReadBack(level, shuffled);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void bytesDependNotOnWhatWasCompressedBefore(int level) {
    byte[] bytes = new Shapes(77).next();
    DeflateEncoder encoder = new DeflateEncoder(level);
    byte[] first = Deflated.of(encoder, bytes, 5000);
    Deflated.of(encoder, new Shapes(78).next(), 900);
    Deflated.of(encoder, bytes, 700);
    assertThat(Deflated.of(encoder, bytes, 5000)).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void noiseIsStored(int level) throws DataFormatException {
    byte[] noise = new byte[3 << 20];
    new Random(5).nextBytes(noise);
    byte[] deflated = Deflated.of(level, noise);
    assertThat(deflated.length).isLessThan(noise.length + noise.length / 10_000 + 10);
    assertThat(Deflated.read(deflated, noise.length)).isEqualTo(noise);
  }

  @Test
  void textBetweenNoiseIsFoundAgain() {
    byte[] text = new byte[200_000];
    for (int i = 0; i < text.length; i++) {
      text[i] = (byte) ("some lines of text, " + i / 211 % 97).charAt(i % 20);
    }
    byte[] noise = new byte[200_000];
    new Random(6).nextBytes(noise);
    byte[] bytes = new byte[600_000];
    System.arraycopy(text, 0, bytes, 0, 200_000);
    System.arraycopy(noise, 0, bytes, 200_000, 200_000);
    System.arraycopy(text, 0, bytes, 400_000, 200_000);
    int alone = Deflated.of(4, text).length;
    assertThat(Deflated.of(4, bytes).length).isLessThan(noise.length + 2 * alone + 5000);
  }

  @Test
  void ourOwnSourcesAreNearlyAsSmallAsZlibMakesThem() throws IOException, DataFormatException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    List<Path> files;
    try (Stream<Path> found = Files.walk(Path.of("src/main/java"))) {
      files = found.filter(Files::isRegularFile).sorted().toList();
    }
    for (Path file : files) {
      all.writeBytes(Files.readAllBytes(file));
    }
    byte[] bytes = all.toByteArray();
    int zlib = zlib(4, bytes);
    int before = Integer.MAX_VALUE;
    for (int level = 1; level <= DeflateEncoder.MAX_LEVEL; level++) {
      byte[] deflated = Deflated.of(level, bytes);
      assertThat(Deflated.read(deflated, bytes.length)).isEqualTo(bytes);
      assertThat(deflated.length).as("level %d", level).isLessThan(before);
      before = deflated.length;
    }
    assertThat(before).isLessThan(zlib + zlib / 20);
  }

  private static int zlib(int level, byte[] bytes) {
    Deflater deflater = new Deflater(level, true);
    try {
      deflater.setInput(bytes);
      deflater.finish();
      return deflater.deflate(new byte[bytes.length + 1024]);
    } finally {
      deflater.end();
    }
  }
}
