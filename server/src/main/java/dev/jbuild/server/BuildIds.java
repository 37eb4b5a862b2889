package dev.jbuild.server;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names of builds: short enough to type, and not to be guessed. */
final class BuildIds {
  private static final SecureRandom RANDOM = new SecureRandom();

  private BuildIds() {}

  static String next() {
    byte[] bytes = new byte[8];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
