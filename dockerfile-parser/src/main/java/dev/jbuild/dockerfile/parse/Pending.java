package dev.jbuild.dockerfile.parse;

/** Stands for code of the next commits. */
final class Pending {
  private Pending() {}

  static <T> T pending() {
    throw new UnsupportedOperationException("not written yet");
  }
}
