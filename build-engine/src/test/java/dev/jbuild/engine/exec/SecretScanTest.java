package dev.jbuild.engine.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SecretScanTest {
  private static final String VALUE = "s3cr3t-\u00fe\u00ff>?-value";
  private final SecretScan scan = new SecretScan();

  SecretScanTest() {
    scan.add("token", bytes(VALUE + "\n"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void findsTheValueItself() {
    assertThat(scan.find(bytes("a=" + VALUE + ";"))).contains("token");
  }

  @Test
  void findsHexadecimalOfBothCases() {
    assertThat(scan.find(bytes("x" + HexFormat.of().formatHex(bytes(VALUE))))).contains("token");
    assertThat(scan.find(bytes(HexFormat.of().withUpperCase().formatHex(bytes(VALUE)))))
        .contains("token");
  }

  @Test
  void findsBase64WhateverComesBeforeAndAfter() {
    for (String before : new String[] {"", "u", "us", "use", "user:"}) {
      for (String after : new String[] {"", "!", "!!", "!!!"}) {
        byte[] all = bytes(before + VALUE + after);
        assertThat(scan.find(Base64.getEncoder().encode(all))).as(before).contains("token");
        assertThat(scan.find(Base64.getUrlEncoder().encode(all))).as(before).contains("token");
      }
    }
  }

  @Test
  void findsNothingWhereThereIsOnlyAPart() {
    assertThat(scan.find(bytes(VALUE.substring(0, VALUE.length() - 1)))).isEmpty();
    assertThat(scan.find(new byte[0])).isEmpty();
  }

  @Test
  void findsTheValueAcrossTheEdgesOfReads() throws IOException {
    for (int before = 65536 - 20; before < 65536 + 70; before++) {
      var stream =
          new SequenceInputStream(
              new ByteArrayInputStream(new byte[before]),
              new ByteArrayInputStream(bytes(VALUE + "tail")));
      assertThat(scan.find(stream)).as("at %d", before).contains("token");
    }
    assertThat(scan.find(new ByteArrayInputStream(new byte[300_000]))).isEmpty();
  }

  @Test
  void doesNotLookForWhatIsTooShort() {
    SecretScan none = new SecretScan();
    none.add("pin", bytes("1234567\n"));
    assertThat(none.isEmpty()).isTrue();
    assertThat(SecretScan.canFind(bytes("1234567\n"))).isFalse();
    assertThat(SecretScan.canFind(bytes("12345678"))).isTrue();
  }
}
