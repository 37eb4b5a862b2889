package dev.jbuild.dockerfile.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.generated.DockerfileGenerator;
import java.util.random.RandomGenerator;

/**
 * As {@link ParserFuzzTest}, the bytes being the choices of the generator and then a damage to it.
 */
class GeneratedFuzzTest {
  @FuzzTest
  void parse(byte[] bytes) {
    Choices choices = new Choices(bytes);
    StringBuilder text = new StringBuilder(DockerfileGenerator.generate(choices));
    for (int damage = choices.nextInt(4); damage > 0 && !text.isEmpty(); damage--) {
      int at = choices.nextInt(text.length());
      text.replace(at, at + choices.nextInt(2), String.valueOf((char) choices.nextInt(0x100)));
    }
    new ParserFuzzTest().parse(SourceText.encode(text.toString()));
  }

  /** Random numbers that are the fuzzer's bytes, and then always the same, which ends all loops. */
  private static final class Choices implements RandomGenerator {
    private final byte[] bytes;
    private int next;

    Choices(byte[] bytes) {
      this.bytes = bytes;
    }

    private int one() {
      return next < bytes.length ? bytes[next++] & 0xFF : 0xFF;
    }

    @Override
    public int nextInt(int bound) {
      return (bound > 256 ? one() << 8 | one() : one()) % bound;
    }

    @Override
    public long nextLong() {
      return one();
    }
  }
}
