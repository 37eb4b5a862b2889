package dev.jbuild.layer.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Blocks that are right are taken by every test that deflates; here are those that are wrong in one
 * place.
 */
class BlockCheckerTest {
  private static final String TEXT =
      "to be, or not to be: that is the question: whether 'tis nobler in the mind to suffer the"
          + " slings and arrows of outrageous fortune, or to take arms against a sea of troubles";

  /** One block, and what it was made of. */
  private static final class Block {
    final byte[] data;
    final int length;
    final Tokens tokens = new Tokens();
    final BitWriter bits = new BitWriter();

    Block(byte[] bytes) {
      data = Arrays.copyOf(bytes, bytes.length + PieceDeflater.SLACK);
      length = bytes.length;
      Parser parser = new DoubleHashParser(12, true);
      Histogram counts = new Histogram();
      parser.start(data, 0);
      int parsed = parser.parse(data, 0, length, tokens, counts);
      assertThat(parsed).isEqualTo(length);
      bits.start(new byte[new DeflateEncoder(1).bound(length)]);
      new BlockWriter().write(bits, data, 0, length, tokens, tokens.count, counts, true);
    }

    void check() {
      BlockChecker checker = new BlockChecker();
      checker.start();
      checker.check(bits, data, 0, length, tokens, tokens.count, true);
    }

    boolean isTaken() {
      try {
        check();
        return true;
      } catch (IllegalStateException e) {
        return false;
      }
    }

    int kind() {
      return (bits.out[0] >>> 1) & 3;
    }
  }

  private static Block described() {
    Block block =
        new Block(
            TEXT.repeat(3)
                .concat(TEXT.toUpperCase(Locale.ROOT))
                .getBytes(StandardCharsets.US_ASCII));
    assertThat(block.kind()).isEqualTo(2);
    return block;
  }

  private static Block fixed() {
    Block block = new Block("a short text, a short text".getBytes(StandardCharsets.US_ASCII));
    assertThat(block.kind()).isEqualTo(1);
    return block;
  }

  private static Block stored(int length) {
    byte[] noise = new byte[length];
    new Random(1).nextBytes(noise);
    Block block = new Block(noise);
    assertThat(block.kind()).isZero();
    return block;
  }

  private static void assertThatNoBitMayChange(Block block) {
    assertThatCode(block::check).doesNotThrowAnyException();
    for (int bit = 0; bit < block.bits.position(); bit++) {
      block.bits.out[bit >>> 3] ^= (byte) (1 << (bit & 7));
      assertThat(block.isTaken()).as("bit %d", bit).isFalse();
      block.bits.out[bit >>> 3] ^= (byte) (1 << (bit & 7));
    }
  }

  @Test
  void noBitOfABlockWithItsOwnCodesMayChange() {
    assertThatNoBitMayChange(described());
  }

  @Test
  void noBitOfABlockWithTheFixedCodesMayChange() {
    assertThatNoBitMayChange(fixed());
  }

  @Test
  void noBitOfAStoredBlockMayChangeButThoseBeforeItsLength() {
    Block block = stored(3000);
    assertThatCode(block::check).doesNotThrowAnyException();
    for (int bit = 0; bit < block.bits.position(); bit++) {
      block.bits.out[bit >>> 3] ^= (byte) (1 << (bit & 7));
      assertThat(block.isTaken()).as("bit %d", bit).isEqualTo(bit >= 3 && bit < 8);
      block.bits.out[bit >>> 3] ^= (byte) (1 << (bit & 7));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void noByteOfTheInputMayDiffer(int kind) {
    Block block =
        switch (kind) {
          case 0 -> stored(3000);
          case 1 -> fixed();
          default -> described();
        };
    for (int at = 0; at < block.length; at++) {
      block.data[at] ^= 0x20;
      assertThat(block.isTaken()).as("byte %d", at).isFalse();
      block.data[at] ^= 0x20;
    }
    assertThatCode(block::check).doesNotThrowAnyException();
  }

  @Test
  void tokensThatSayAnotherThingThanTheBlockDoNotHelp() {
    Block block = described();
    for (int i = 0; i < block.tokens.count; i++) {
      long right = block.tokens.sequences[i];
      for (long change : new long[] {1, 1L << 15, 1L << 32}) {
        if (change == 1 && Tokens.length(right) == 0) {
          // Without a match there is no distance.
          continue;
        }
        block.tokens.sequences[i] = right ^ change;
        assertThat(block.isTaken()).as("sequence %d, %x", i, change).isFalse();
      }
      block.tokens.sequences[i] = right;
    }
    assertThatCode(block::check).doesNotThrowAnyException();
  }

  @Test
  void bitsOfTheBlockBeforeMayNotChangeAfterwards() {
    Block first = fixed();
    BlockChecker checker = new BlockChecker();
    checker.start();
    checker.check(first.bits, first.data, 0, first.length, first.tokens, first.tokens.count, true);
    assertThat(first.bits.position() % 8).isPositive();
    BlockWriter.stored(first.bits, first.data, 0, 0, true);
    first.bits.out[(int) (first.bits.position() >>> 3) - 5] ^= 1;
    assertThatThrownBy(() -> checker.check(first.bits, first.data, 0, 0, first.tokens, 0, true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("does not inflate");
  }
}
