package dev.jbuild.layer.deflate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HuffmanCodeTest {

  private static void assertComplete(HuffmanCode code, int maxLength) {
    long space = 0;
    for (byte length : code.lengths) {
      assertThat((int) length).isBetween(0, maxLength);
      space += length == 0 ? 0 : 1L << (maxLength - length);
    }
    assertThat(space).isEqualTo(1L << maxLength);
  }

  /** Bits that an optimal code without a limit takes. */
  private static long optimum(int[] frequencies) {
    PriorityQueue<Long> weights = new PriorityQueue<>();
    for (int frequency : frequencies) {
      if (frequency > 0) {
        weights.add((long) frequency);
      }
    }
    long bits = 0;
    while (weights.size() > 1) {
      long both = weights.remove() + weights.remove();
      bits += both;
      weights.add(both);
    }
    return bits;
  }

  @Test
  void isCompleteAndOptimalWhereTheLimitDoesNotBind() {
    Random random = new Random(1);
    HuffmanCode code = new HuffmanCode(286, 15);
    for (int round = 0; round < 500; round++) {
      int[] frequencies = new int[286];
      int used = 2 + random.nextInt(285);
      for (int i = 0; i < used; i++) {
        frequencies[random.nextInt(286)] = 1 + random.nextInt(50);
      }
      frequencies[0] = 1;
      frequencies[285] = 1;
      code.build(frequencies);
      assertComplete(code, 15);
      assertThat(code.cost(frequencies)).isEqualTo(optimum(frequencies));
    }
  }

  @Test
  void staysWithinTheLimit() {
    for (int limit : new int[] {7, 9, 14, 15}) {
      HuffmanCode code = new HuffmanCode(30, limit);
      int[] frequencies = new int[30];
      for (int i = 0, a = 1, b = 1; i < 30; i++, b += a, a = b - a) {
        frequencies[i] = a;
      }
      code.build(frequencies);
      assertComplete(code, limit);
      // What is more frequent has no longer code.
      for (int i = 1; i < 30; i++) {
        assertThat(code.lengths[i]).isLessThanOrEqualTo(code.lengths[i - 1]);
      }
    }
  }

  @Test
  void hasTwoCodesAtLeast() {
    HuffmanCode code = new HuffmanCode(30, 15);
    code.build(new int[30]);
    assertComplete(code, 15);
    int[] frequencies = new int[30];
    frequencies[17] = 5;
    code.build(frequencies);
    assertComplete(code, 15);
    assertThat((int) code.lengths[17]).isEqualTo(1);
  }

  @Test
  void everyDistanceAndLengthHasTheSymbolOfTheStandard() {
    for (int distance = 1; distance <= Symbols.WINDOW; distance++) {
      int symbol = Symbols.ofDistance(distance);
      assertThat(distance - Symbols.DISTANCE_BASE[symbol])
          .isBetween(0, (1 << Symbols.DISTANCE_EXTRA[symbol]) - 1);
    }
    assertThat(Symbols.DISTANCE_BASE[29]).isEqualTo(24577);
    for (int length = Symbols.MIN_MATCH; length <= Symbols.MAX_MATCH; length++) {
      int symbol = Symbols.LENGTH_SYMBOL[length] - Symbols.FIRST_LENGTH;
      assertThat(length - Symbols.LENGTH_BASE[symbol])
          .isBetween(0, (1 << Symbols.LENGTH_EXTRA[symbol]) - 1);
    }
    assertThat((int) Symbols.LENGTH_SYMBOL[257]).isEqualTo(284);
    assertThat((int) Symbols.LENGTH_SYMBOL[258]).isEqualTo(285);
  }
}
