package dev.jbuild.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Sha256Test {

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void agreesWithTheJdkOnAnyLengthAndCut(boolean nativeCode) throws Exception {
    assumeTrue(!nativeCode || Sha256.isNative(), "needs libcrypto.so.3 or .1.1");
    Random random = new Random(7);
    Sha256 hash = new Sha256(nativeCode);
    MessageDigest jdk = MessageDigest.getInstance("SHA-256");
    for (int i = 0; i < 200; i++) {
      byte[] bytes = new byte[random.nextInt(i % 10 == 0 ? 400_000 : 300)];
      random.nextBytes(bytes);
      int cut = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
      hash.update(bytes, 0, cut).update(bytes, cut, bytes.length - cut);
      assertThat(hash.digest()).isEqualTo(jdk.digest(bytes));
      ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
      assertThat(hash.update(direct).digest()).isEqualTo(jdk.digest(bytes));
      assertThat(direct.remaining()).isEqualTo(bytes.length);
    }
  }
}
